package eso

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestChangesApply(t *testing.T) {
	d := &Definition{Type: "note", Write: 1, Models: []Model{{Format: Kibana, Namespaces: Agnostic, Attributes: []Attribute{{Name: "title"}, {Name: "body", Optional: true}}}}}
	objects := &Objects[struct{}]{Definition: d}
	doc := Document{Ref: Ref{Type: "note", ID: "1"}, Model: 1, Attributes: []byte(`{"title":"a", "body":"b"}`)}
	changes := NewChanges[struct{}](func(w *Writer) {
		w.Begin(Source{})
		WriteGiven(w, "title", new("c"), (*Writer).String)
		WriteChange(w, "body", Unset[string](), (*Writer).String)
		w.End()
	})
	changed, err := changes.Apply(t.Context(), nil, objects, doc)
	require.NoError(t, err)
	assert.JSONEq(t, `{"title":"c"}`, string(changed.Attributes))

	same, err := Changes[struct{}]{}.Apply(t.Context(), nil, objects, doc)
	require.NoError(t, err)
	assert.JSONEq(t, string(doc.Attributes), string(same.Attributes), "no changes, no change")

	broken := NewChanges[struct{}](func(w *Writer) {
		w.Begin(Source{})
		WriteGiven(w, "title", new("\xff"), (*Writer).String)
		w.End()
	})
	_, err = broken.Apply(t.Context(), nil, objects, doc)
	assert.ErrorIs(t, err, ErrInvalid)
}
