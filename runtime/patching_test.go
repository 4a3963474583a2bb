package eso

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/codec"
)

func TestPatchOf(t *testing.T) {
	d := &Definition{Type: "note", Write: 1, Models: []Model{{Format: Kibana, Namespaces: Agnostic, Attributes: []Attribute{{Name: "title"}, {Name: "body", Optional: true}}}}}
	objects := NewObjects[struct{}](d, nil, nil)
	doc := Document{Ref: Ref{Type: "note", ID: "1"}, Model: 1, Attributes: []byte(`{"title":"a", "body":"b"}`)}
	changes := codec.NewPatch[struct{}](func(w *codec.Writer) {
		w.Begin(codec.Source{})
		codec.WriteGiven(w, "title", new("c"), (*codec.Writer).String)
		codec.WriteChange(w, "body", Unset[string](), (*codec.Writer).String)
		w.End()
	})
	changed, err := objects.Patch(t.Context(), nil, doc, changes)
	require.NoError(t, err)
	assert.JSONEq(t, `{"title":"c"}`, string(changed.Attributes))

	same, err := objects.Patch(t.Context(), nil, doc, PatchOf[struct{}]{})
	require.NoError(t, err)
	assert.JSONEq(t, string(doc.Attributes), string(same.Attributes), "no changes, no change")

	broken := codec.NewPatch[struct{}](func(w *codec.Writer) {
		w.Begin(codec.Source{})
		codec.WriteGiven(w, "title", new("\xff"), (*codec.Writer).String)
		w.End()
	})
	_, err = objects.Patch(t.Context(), nil, doc, broken)
	assert.ErrorIs(t, err, ErrInvalid)
}
