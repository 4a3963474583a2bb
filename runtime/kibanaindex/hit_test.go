package kibanaindex_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/kibanaindex"
)

// token is single in model 1, and multiple-isolated from model 2 on.
var token = eso.Definition{Type: "token", Write: 2, Models: []eso.Model{
	{Format: eso.Kibana, Namespaces: eso.Single, Attributes: []eso.Attribute{{Name: "owner"}, {Name: "secret"}}, Encrypted: []string{"secret"}, AAD: []string{"owner"}},
	{Format: eso.Kibana, Namespaces: eso.MultipleIsolated, Attributes: []eso.Attribute{{Name: "owner"}, {Name: "secret"}}, Encrypted: []string{"secret"}, AAD: []string{"owner"}},
}}

func hit(id, source string) string {
	return `{"_index":".kibana_1","_id":"` + id + `","_version":2,"_seq_no":7,"_primary_term":3,"found":true,"_source":{` + source + `}}`
}

const attributes = `"token":{"owner":"<o>","x":[1.0, "\ud800"]},"type":"token"`

func TestDocuments(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want eso.Document
	}{
		"no stamp":            {hit("token:a", attributes), eso.Document{Ref: eso.Ref{ID: "a"}, Model: 1}},
		"a space":             {hit("s:token:a", attributes+`,"namespace":"s"`), eso.Document{Ref: eso.Ref{ID: "a", Namespace: "s"}, Model: 1}},
		"colons":              {hit("s:token:token:a:b", attributes+`,"namespace":"s"`), eso.Document{Ref: eso.Ref{ID: "token:a:b", Namespace: "s"}, Model: 1}},
		"an older stamp":      {hit("token:a", attributes+`,"migrationVersion":{"token":"8.7.0"}`), eso.Document{Ref: eso.Ref{ID: "a"}, Model: 1}},
		"a stamp of both":     {hit("token:a", attributes+`,"migrationVersion":{"token":"10.1.0"},"typeMigrationVersion":"10.2.0"`), eso.Document{Ref: eso.Ref{ID: "a"}, Model: 2}},
		"isolated":            {hit("token:a", attributes+`,"namespaces":["s"],"typeMigrationVersion":"10.2.0"`), eso.Document{Ref: eso.Ref{ID: "a", Namespace: "s"}, Model: 2}},
		"a namespace as well": {hit("token:a", attributes+`,"namespace":"s","typeMigrationVersion":"10.2.0"`), eso.Document{Ref: eso.Ref{ID: "a"}, Model: 2}},
		"a newer model":       {hit("token:a", attributes+`,"namespaces":["s"],"typeMigrationVersion":"10.9.0"`), eso.Document{Ref: eso.Ref{ID: "a", Namespace: "s"}, Model: 9}},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := kibanaindex.Parse([]byte(c.text))
			require.NoError(t, err)
			doc, err := h.Document(&token)
			require.NoError(t, err)
			c.want.Ref.Type, c.want.Attributes = "token", []byte(`{"owner":"<o>","x":[1.0, "\ud800"]}`)
			assert.Equal(t, c.want, doc)
			assert.Equal(t, h.ID(), kibanaindex.ID(token.Models[min(doc.Model, 2)-1].Namespaces, doc.Ref))
			assert.Equal(t, ".kibana_1", h.Index())
			assert.Equal(t, "token", h.Type())
			seqNo, term, ok := h.Revision()
			assert.Equal(t, []any{int64(7), int64(3), true}, []any{seqNo, term, ok})

			same, err := h.Source(&token, doc, time.Time{})
			require.NoError(t, err)
			assert.True(t, strings.HasSuffix(c.text, `"_source":`+string(same)+"}"), "%s", same)

			before := doc.Model
			doc.Model, doc.Attributes = 4, []byte(`{}`)
			changed, err := h.Source(&token, doc, time.Time{})
			if before == 1 && strings.HasPrefix(h.ID(), "s:") {
				require.ErrorIs(t, err, eso.ErrID, "model 4 is not single, and has another _id")
				return
			}
			require.NoError(t, err)
			assert.Contains(t, string(changed), `{"token":{},"type":"token"`)
			assert.Contains(t, string(changed), `"typeMigrationVersion":"10.4.0"`)
			assert.True(t, json.Valid(changed))
		})
	}
}

func TestWhatIsNoHit(t *testing.T) {
	for _, text := range []string{
		``, `[]`, `{}`, `{"_id":"token:a"}`, `{"_source":{"type":"token"}}`, `{"_id":7,"_source":{"type":"token"}}`,
		`{"_id":"token:a","_source":"{}"}`, hit("token:a", ``), hit("token:a", `"type":7`), hit("token:a", `"type":"\ud800"`),
		hit("token:a", `"type":"token","type":"token"`), hit("token:a", `"type":"token","namespace":7`),
		hit("token:a", `"type":"token","namespaces":"s"`), hit("token:a", `"type":"token","namespaces":[7]`), hit("token:a", `"type":"token","namespaces":null`),
		hit("token:a", `"type":"token","typeMigrationVersion":"8"`), hit("token:a", `"type":"token","migrationVersion":"8.0.0"`),
		`{"_id":"token:a","_seq_no":-1,"_primary_term":1,"_source":{"type":"token"}}`,
		`{"_id":"token:a","_seq_no":1.5,"_primary_term":1,"_source":{"type":"token"}}`,
		strings.Repeat(" ", eso.MaxSize) + hit("token:a", attributes),
	} {
		_, err := kibanaindex.Parse([]byte(text))
		require.Error(t, err, "%.100s", text)
		assert.Less(t, len(err.Error()), 200)
	}
	for text, want := range map[string]error{
		hit("token:a", `"type":"other","other":{}`):                                     eso.ErrType,
		hit("token:a", `"type":"token"`):                                                eso.ErrMalformed,
		hit("token:a", `"type":"token","token":"x"`):                                    eso.ErrMalformed,
		hit("other:a", attributes):                                                      eso.ErrMalformed,
		hit("token", attributes):                                                        eso.ErrMalformed,
		hit("token:", attributes):                                                       eso.ErrMalformed,
		hit("token:a", attributes+`,"namespace":"s"`):                                   eso.ErrMalformed,
		hit("s:token:a", attributes):                                                    eso.ErrMalformed,
		hit("t:token:a", attributes+`,"namespace":"s"`):                                 eso.ErrMalformed,
		hit("token:a", attributes+`,"namespace":"default"`):                             eso.ErrMalformed,
		hit("s:token:a", attributes+`,"namespace":"s","typeMigrationVersion":"10.2.0"`): eso.ErrMalformed,
	} {
		h, err := kibanaindex.Parse([]byte(text))
		require.NoError(t, err, text)
		_, err = h.Document(&token)
		assert.ErrorIs(t, err, want, text)
	}
	for _, stamp := range []string{"11.0.0", "10.1.1", "99999.0.0"} {
		_, err := kibanaindex.Parse([]byte(hit("token:a", attributes+`,"typeMigrationVersion":"`+stamp+`"`)))
		assert.ErrorIs(t, err, eso.ErrModel)
	}
}

// What was changed goes back to where it came from, and nowhere else.
func TestSourceOfAnotherObject(t *testing.T) {
	h, err := kibanaindex.Parse([]byte(hit("s:token:a", attributes+`,"namespace":"s"`)))
	require.NoError(t, err)
	doc, err := h.Document(&token)
	require.NoError(t, err)
	for want, change := range map[error]func(*eso.Ref){
		eso.ErrType: func(r *eso.Ref) { r.Type = "other" },
		eso.ErrID:   func(r *eso.Ref) { r.ID = "b" },
	} {
		other := doc
		change(&other.Ref)
		_, err := h.Source(&token, other, time.Time{})
		assert.ErrorIs(t, err, want)
	}
	for _, text := range []string{
		hit("s:token:a", attributes+`,"namespace":"s"`), hit("token:a", attributes),
		hit("token:a", attributes+`,"namespaces":["s"],"typeMigrationVersion":"10.2.0"`),
	} {
		h, err := kibanaindex.Parse([]byte(text))
		require.NoError(t, err)
		doc, err := h.Document(&token)
		require.NoError(t, err)
		doc.Ref.Namespace = "t"
		_, err = h.Source(&token, doc, time.Time{})
		assert.ErrorIs(t, err, eso.ErrID)
	}
}

// A hit goes through an update, and what comes back opens.
func TestUpdate(t *testing.T) {
	ctx := t.Context()
	keys, err := eso.NewKeyring("a passphrase that is long enough for Kibana")
	require.NoError(t, err)
	doc, err := token.SealJSON(ctx, keys, eso.Ref{Type: "token", ID: "a"}, []byte(`{"owner":"o","secret":"hush"}`))
	require.NoError(t, err)
	h, err := kibanaindex.Parse([]byte(hit("token:a", `"token":`+string(doc.Attributes)+`,"type":"token","typeMigrationVersion":"10.2.0","updated_at":"then"`)))
	require.NoError(t, err)
	doc, err = h.Document(&token)
	require.NoError(t, err)
	others, err := eso.NewKeyring("another passphrase that is long enough too", "a passphrase that is long enough for Kibana")
	require.NoError(t, err)
	rotated, err := token.Rotate(ctx, others, doc)
	require.NoError(t, err)
	source, err := h.Source(&token, rotated, time.Date(2026, 11, 30, 1, 2, 3, 4_000_000, time.FixedZone("", 3600)))
	require.NoError(t, err)
	assert.Contains(t, string(source), `,"updated_at":"2026-11-30T00:02:03.004Z"}`)
	h, err = kibanaindex.Parse([]byte(`{"_id":"token:a","_source":` + string(source) + `}`))
	require.NoError(t, err)
	_, _, ok := h.Revision()
	assert.False(t, ok)
	doc, err = h.Document(&token)
	require.NoError(t, err)
	opened, err := token.OpenJSON(ctx, others, doc)
	require.NoError(t, err)
	assert.JSONEq(t, `{"owner":"o","secret":"hush"}`, string(opened))
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(hit("s:token:a", attributes+`,"namespace":"s","namespaces":["t"],"migrationVersion":{"token":"8.0.0"}`)))
	f.Add([]byte(hit("token:a", attributes+`,"typeMigrationVersion":"10.2.0"`)))
	f.Add([]byte(hit("token:token:a", `"typ\u0065":"token","t\u006fken":{}`)))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := kibanaindex.Parse(text)
		if err != nil {
			return
		}
		doc, err := h.Document(&token)
		if err != nil {
			return
		}
		source, err := h.Source(&token, doc, time.Time{})
		require.NoError(t, err)
		require.True(t, json.Valid(source))
		again, err := kibanaindex.Parse([]byte(`{"_id":` + quoted(h.ID()) + `,"_source":` + string(source) + `}`))
		require.NoError(t, err)
		same, err := again.Document(&token)
		require.NoError(t, err)
		assert.Equal(t, doc, same)
	})
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
