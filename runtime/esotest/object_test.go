package esotest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esotest"
)

// TestObject seals an object of any type, and does with it what generated code
// does with one of its own.
func TestObject(t *testing.T) {
	ctx := t.Context()
	keys, err := eso.NewKeyring("a passphrase of 32 characters or more")
	require.NoError(t, err)
	for _, format := range []eso.Format{eso.Kibana, eso.Native} {
		shape := esotest.Shape{Kind: "struct", Parts: []esotest.Part{{Name: "text", Shape: esotest.Shape{Kind: "string"}}}}
		accounts := esotest.NewObjects(account(format, 1, 1), map[string]esotest.Shape{"note": shape, "title": {Kind: "string"}})
		sealed, err := accounts.Seal(ctx, keys, eso.Ref{ID: eso.NewID()}, esotest.NewObject(map[string]string{
			"owner": `"ann"`, "title": `"Safe"`, "note": `{"text":"n0te","more":1}`, "password": `"s3cret"`,
		}))
		require.NoError(t, err)

		read, err := accounts.Read(ctx, keys, sealed)
		require.NoError(t, err)
		assert.True(t, read.Stripped("password"))
		assert.Empty(t, read.Text("password"))
		require.NoError(t, read.Check())

		changed, err := accounts.Update(ctx, keys, sealed, func(o *esotest.Object) error {
			assert.Equal(t, `"s3cret"`, o.Text("password"))
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v %s", o, *o, o, o), "s3cret")
			assert.True(t, o.Respell("owner"))
			assert.False(t, o.Respell("absent"))
			o.Unset("password")
			return o.SetPart("note", esotest.Path{{Name: "text"}}, `"new"`)
		})
		require.NoError(t, err)
		opened, err := accounts.Open(ctx, keys, changed)
		require.NoError(t, err)
		assert.Empty(t, opened.Text("password"))
		assert.JSONEq(t, `{"text":"new","more":1}`, opened.Text("note"), "what the Go type does not know is kept")
		assert.JSONEq(t, `"ann"`, opened.Text("owner"))
		assert.NotEqual(t, `"ann"`, opened.Text("owner"), "it has another text")

		opened.Set("title", "1")
		assert.Error(t, opened.Check(), "the Go type is a string")
		opened.Set("colour", `"red"`)
		_, err = accounts.Seal(ctx, keys, eso.Ref{ID: eso.NewID()}, opened)
		assert.ErrorIs(t, err, eso.ErrInvalid, "the type does not have the attribute")
	}
}
