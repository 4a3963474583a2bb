package esoimpl_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esoimpl"
)

// Whoever reads or shows an object as JSON is given an error of package eso.
func TestErrorsAreThoseOfEso(t *testing.T) {
	err := esoimpl.Unmarshal([]byte(`{"count":"1"}`), func(d *esoimpl.Reader) {
		d.Object()
		for d.Member() {
			d.Int()
		}
	})
	var at *eso.Error
	require.ErrorAs(t, err, &at)
	assert.Equal(t, "count", at.Attribute)
	assert.ErrorIs(t, err, eso.ErrMalformed)
	assert.EqualError(t, err, `eso: decode: attribute "count": want an integer, found a string`)

	text, err := esoimpl.Marshal(func(w *esoimpl.Writer) {
		w.Begin(esoimpl.Source{})
		w.Member("ratio").Number(math.NaN())
		w.End()
	})
	assert.Nil(t, text)
	require.ErrorAs(t, err, &at)
	assert.Equal(t, eso.Op("encode"), at.Op)
	assert.ErrorIs(t, err, eso.ErrInvalid)
	assert.EqualError(t, err, `eso: encode: attribute "ratio": a number that JSON does not have`)
}
