package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/generated/action"
	"github.com/esogen/esogen/generated/connectortoken"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esoimpl"
	"github.com/esogen/esogen/runtime/store"
)

var begin = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

func token(connector string) *connectortoken.ConnectorToken {
	return &connectortoken.ConnectorToken{
		ConnectorID: connector,
		TokenType:   "access_token",
		Token:       eso.NewSecret("s3cret of " + connector),
		ExpiresAt:   new(begin.Add(time.Hour)),
		CreatedAt:   begin,
		UpdatedAt:   begin,
	}
}

func TestLifeOfAnObject(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		s := db.open(t, keyring(t, firstKey), store.Options{})
		tokens := store.Of(s, connectortoken.Objects)

		ref, err := tokens.Create(ctx, connectortoken.Ref(""), token("c1"))
		require.NoError(t, err)
		assert.True(t, esoimpl.IsUUID(ref.ID))

		o, err := tokens.Get(ctx, ref)
		require.NoError(t, err)
		assert.Equal(t, "c1", o.Value.ConnectorID)
		assert.Equal(t, 2, o.Model)
		_, err = o.Value.Token.Reveal()
		assert.ErrorIs(t, err, eso.ErrStripped)

		require.NoError(t, tokens.Update(ctx, ref, func(x *connectortoken.ConnectorToken) error {
			x.RefreshToken = new(eso.NewSecret("r3fresh"))
			return nil
		}))
		o, err = tokens.Open(ctx, ref)
		require.NoError(t, err)
		secret, err := o.Value.RefreshToken.Reveal()
		require.NoError(t, err)
		assert.Equal(t, "r3fresh", secret)

		require.NoError(t, tokens.Delete(ctx, ref))
		_, err = tokens.Get(ctx, ref)
		assert.ErrorIs(t, err, store.ErrNotFound)
		assert.ErrorIs(t, tokens.Delete(ctx, ref), store.ErrNotFound)
	})
}

func TestPatch(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		s := db.open(t, keyring(t, firstKey), store.Options{})
		actions := store.Of(s, action.Objects)
		ref, err := actions.Create(ctx, action.Ref("sales", ""), &action.Action{
			ActionTypeID: ".email", Name: "mail", Config: map[string]eso.JSON{}, Secrets: eso.NewSecret(eso.JSON(`{"password":"pw"}`)),
		})
		require.NoError(t, err)
		require.NoError(t, actions.Patch(ctx, ref, action.Patch{Name: new("post")}))
		o, err := actions.Open(ctx, ref)
		require.NoError(t, err)
		assert.Equal(t, "post", o.Value.Name)
	})
}

// TestGetAll reads more objects than one query takes, some twice, some that do
// not exist, and one that does not read.
func TestGetAll(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 1)
		s := db.open(t, keyring(t, firstKey), store.Options{})
		c := store.Of(s, things(d))
		refs := fill(t, s, d, 230)
		db.damage(t, refs[7].ID, `[]`)
		asked := append(slices.Clone(refs), refs[3], eso.Ref{ID: "none"}, eso.Ref{Namespace: "other", ID: refs[1].ID})
		results, err := c.GetAll(ctx, asked)
		require.NoError(t, err)
		require.Len(t, results, len(asked))
		for i, result := range results {
			switch {
			case i == 7:
				assert.ErrorIs(t, result.Err, eso.ErrMalformed)
			case i > len(refs):
				assert.ErrorIs(t, result.Err, store.ErrNotFound)
			default:
				require.NoError(t, result.Err)
				assert.Equal(t, asked[i].ID, result.Object.Ref.ID)
			}
		}
		none, err := c.GetAll(ctx, nil)
		require.NoError(t, err)
		assert.Empty(t, none)
		require.NoError(t, db.Close())
		_, err = c.GetAll(ctx, refs)
		assert.Error(t, err)
	})
}
