package jsonl

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/runtimedef"
	eso "github.com/esogen/esogen/runtime"
)

// FuzzLine reads lines of any form. What comes out is the line with other
// attributes, or with an error; a hit comes out as a hit.
func FuzzLine(f *testing.F) {
	for _, seed := range []string{
		`{"type":"note","id":"n","namespace":"a","attributes":{"text":null}}`,
		`{"_index":".kibana","_id":"a:note:n","_source":{"type":"note","namespace":"a","note":{"x":1}},"_seq_no":1}`,
		`{"_id":"note:a:note:n","_source":{"type":"note","note":{}}}`,
		`{"_id":"` + strings.Repeat("note:", 2000) + `","_source":{"type":"note","note":{}}}`,
		`{"_id":"note","_source":{"type":"note","note":{}}}`,
		`{"_id":"b:note:n","_source":{"type":"note","namespace":"a","note":{}}}`,
		`{"_id":"task:n","_source":{"type":"note","note":{}}}`,
		`{"_id":"note:n","_source":"{\"type\":\"note\",\"note\":{}}"}`,
		`{"_id":"note:n","_source":{"type":"note","note":{},"note":{}}}`,
		`{"_id":"note:n","_id":"note:m","_source":{}}`,
		`{"_id":"note:n","_source":{"type":"note","type":"task","note":{}}}`,
		`{"_source":{"type":"namespaces","namespaces":{}},"_id":"namespaces:n","":{}}`,
		`{"_id":"note:n","_source":{"type":"note","note":{},"migrationVersion":{"note":"8.7.0"}},"fields":{"note.text":["x"]},"error":1}`,
		`{"_id":"\ud800:note:n","_source":{"type":"note","namespace":"\ud800","note":{}}}`,
		`{"type":"other","id":"x"}`,
		`{"exportedCount":1,"missingRefCount":0,"missingReferences":[]}`,
		`{"took":1,"hits":{"hits":[]}}`,
		" {} ", `[]`, "\xff",
	} {
		f.Add([]byte(seed), false)
	}
	note := &definition.Type{
		Name: "note", Write: 1, Oldest: 1,
		Models: []definition.Model{{
			Number: 1, Format: definition.Kibana, Namespaces: definition.Single,
			Declared:  []definition.Attribute{{Name: "text", Optional: true, Value: definition.Value{Kind: definition.String}}},
			Encrypted: []string{"text"}, StatesEncrypted: true, AAD: []string{}, StatesAAD: true,
		}},
	}
	note.Resolve()
	d := runtimedef.Of(note)
	f.Fuzz(func(t *testing.T, text []byte, pass bool) {
		worker := NewWorker(Strip, []*definition.Type{note}, nil)
		if pass {
			worker.PassUnknown()
		}
		out, outcome := worker.Do(t.Context(), 1, text)
		require.True(t, json.Valid(out), "%q", out)
		stored, storedErr := ParseStored(text, func(name string) *eso.Definition {
			if name != d.Type {
				return nil
			}
			return d
		})
		assert.Equal(t, outcome == Summary, stored == nil)
		before, err := ParseLine(text)
		if err != nil {
			require.Equal(t, Failed, outcome)
			return
		}
		after, err := ParseLine(out)
		require.NoError(t, err)
		assert.True(t, outcome == Failed || (before.hit == nil) == (after.hit == nil), "the form")
		assert.Equal(t, out, after.Bytes())

		switch outcome {
		case Failed:
			reason, ok := after.outer().get("error")
			require.True(t, ok)
			assert.Less(t, len(reason), 2000)
		case Passed, Summary:
			assert.Equal(t, bytes.TrimSpace(text), out)
		default:
			if _, failed := before.outer().get("error"); failed {
				require.ErrorIs(t, storedErr, eso.ErrMalformed)
			} else {
				require.NoError(t, storedErr)
				doc, err := before.document(d)
				require.NoError(t, err)
				assert.Equal(t, doc, stored.Document)
			}
			before.outer().remove("error")
			id, ok, err := after.id("single")
			require.NoError(t, err)
			require.True(t, ok)
			if after.hit != nil {
				whole, err := (&Line{object: *after.hit}).text(idName)
				require.NoError(t, err)
				namespace, err := after.text("namespace")
				require.NoError(t, err)
				if namespace != "" {
					namespace += ":"
				}
				assert.Equal(t, namespace+"note:"+id, whole)
			}
			isAttributes := func(m member) bool { return m.name == after.attributesName() }
			before.members, after.members = slices.DeleteFunc(before.members, isAttributes), slices.DeleteFunc(after.members, isAttributes)
			assert.Equal(t, string(before.Bytes()), string(after.Bytes()), "all but the attributes is as it was")
		}
	})
}
