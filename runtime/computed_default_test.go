package eso

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is computed from an attribute whose own input is gone is computed from its
// default.
func TestComputedFromADefault(t *testing.T) {
	d := &Definition{Type: "thing", Write: 3, Models: []Model{
		{Attributes: []Attribute{{Name: "url"}}},
		{
			Attributes: []Attribute{{Name: "host", Default: `"here"`}},
			Removed:    []string{"url"},
			Computed:   []Compute{{Name: "host", Inputs: []string{"url"}, From: joining("host")}},
		},
		{
			Attributes: []Attribute{{Name: "host", Default: `"here"`}, {Name: "label", Default: `"none"`}},
			Computed:   []Compute{{Name: "label", Inputs: []string{"host"}, From: joining("label")}},
		},
	}}
	for i := range d.Models {
		d.Models[i].Format, d.Models[i].Namespaces = Kibana, Agnostic
	}
	doc, err := d.SealJSON(t.Context(), nil, Ref{}, []byte(`{}`))
	require.NoError(t, err)
	want, err := joining("label")([]JSON{`"here"`})
	require.NoError(t, err)
	assert.JSONEq(t, `{"host": "here", "label": `+string(want)+`}`, string(doc.Attributes))
}
