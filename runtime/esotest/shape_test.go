package esotest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/runtime/esotest"
)

// A shape reads what generated code reads of each kind, and refuses what that
// refuses.
func TestShapesOfEveryKind(t *testing.T) {
	text := &esotest.Shape{Kind: "string"}
	for _, kind := range definition.Kinds() {
		shape := esotest.Shape{Kind: string(kind.Kind.ReadAs())}
		switch kind.Kind {
		case definition.List, definition.Map:
			shape.Elem = text
		case definition.Struct:
			shape.Parts = []esotest.Part{{Name: "part", Shape: *text}}
		}
		for _, sample := range kind.Valid {
			assert.True(t, shape.Reads(sample), "%s: %s", kind.Kind, sample)
		}
		for _, sample := range kind.Invalid {
			// What a wider kind reads under the same Go type is refused when it is written.
			wider := definition.Conform(definition.Value{Kind: kind.Kind.ReadAs()}, sample) == nil
			assert.Equal(t, wider && !kind.Composite(), shape.Reads(sample), "%s: %s", kind.Kind, sample)
		}
	}
	assert.Panics(t, func() { (&esotest.Shape{Kind: "colour"}).Reads("1") })
}
