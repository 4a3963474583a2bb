package runtimedef_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/runtimedef"
	"github.com/esogen/esogen/runtime/esoimpl"
)

// Generated code states the models of a type as steps, like the spec. Completed
// by the runtime they are what the definition resolves to.
func TestModelsAreTheirStepsCompleted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ := drawSteps(t)
		typ.Resolve()
		whole := runtimedef.Of(typ).Models

		steps := slices.Clone(whole)
		for i := range steps {
			m := &typ.Models[i]
			only := *m
			only.Attributes = m.Declared
			steps[i] = runtimedef.Of(&definition.Type{Models: []definition.Model{only}}).Models[0]
			if i > 0 && m.Format == typ.Models[i-1].Format {
				steps[i].Format = ""
			}
			if i > 0 && m.Namespaces == typ.Models[i-1].Namespaces {
				steps[i].Namespaces = ""
			}
			if !m.StatesEncrypted {
				steps[i].Encrypted = nil
			}
			if !m.StatesAAD {
				steps[i].AAD = nil
			}
		}
		for i, completed := range esoimpl.Models(steps...) {
			require.Equal(t, whole[i].Attributes, completed.Attributes)
			require.Equal(t, whole[i].Encrypted, completed.Encrypted)
			require.Equal(t, whole[i].AAD, completed.AAD)
			require.Equal(t, whole[i].Format, completed.Format)
			require.Equal(t, whole[i].Namespaces, completed.Namespaces)
		}
	})
}

// drawSteps draws a type of a few models that declare, declare anew, remove and
// rename attributes.
func drawSteps(t *rapid.T) *definition.Type {
	typ := &definition.Type{Name: "t"}
	var names []string
	fresh := 0
	for number := range rapid.IntRange(1, 5).Draw(t, "models") {
		m := definition.Model{
			Number:     number + 1,
			Format:     rapid.SampledFrom([]definition.Format{definition.Native, definition.Kibana}).Draw(t, "format"),
			Namespaces: rapid.SampledFrom([]definition.Namespaces{definition.Single, definition.Agnostic}).Draw(t, "namespaces"),
		}
		var kept []string
		for _, name := range names {
			switch rapid.IntRange(0, 5).Draw(t, "fate of "+name) {
			case 0:
				m.Removed = append(m.Removed, name)
				continue
			case 1:
				fresh++
				renamed := fmt.Sprint("r", fresh)
				m.Renamed = append(m.Renamed, definition.Rename{New: renamed, Old: name})
				name = renamed
			case 2:
				m.Declared = append(m.Declared, definition.Attribute{Name: name, Optional: true})
			}
			kept = append(kept, name)
		}
		for range rapid.IntRange(0, 3).Draw(t, "new") {
			fresh++
			name := fmt.Sprint("a", fresh)
			m.Declared = append(m.Declared, definition.Attribute{Name: name})
			kept = append(kept, name)
		}
		names = kept
		if m.StatesEncrypted = number == 0 || rapid.Bool().Draw(t, "states encrypted"); m.StatesEncrypted {
			m.Encrypted = drawSet(t, names)
		}
		if m.StatesAAD = number == 0 || rapid.Bool().Draw(t, "states aad"); m.StatesAAD {
			m.AAD = drawSet(t, names)
		}
		typ.Models = append(typ.Models, m)
	}
	return typ
}

func drawSet(t *rapid.T, names []string) []string {
	set := []string{}
	for _, name := range names {
		if rapid.Bool().Draw(t, "in the set: "+name) {
			set = append(set, name)
		}
	}
	return set
}
