// Package runtimedef turns a declared type into the definition that the runtime
// works from, as the generated package of the type has it. By it the command
// line seals, golden files are made, and the simulator plays.
package runtimedef

import (
	"fmt"

	"github.com/esogen/esogen/internal/definition"
	eso "github.com/esogen/esogen/runtime"
)

// Of returns the runtime's definition of a type that is resolved and has no
// errors. Conversions and computed values are functions of the product, and not
// in the spec: a step that needs one fails. Operations at a document's own model
// need none.
func Of(t *definition.Type) *eso.Definition {
	d := &eso.Definition{Type: t.Name, RandomID: t.RandomID, Write: t.Write, Oldest: t.Oldest, Exposes: t.Exposes, Flag: t.Flag}
	for i := range t.Models {
		d.Models = append(d.Models, model(&t.Models[i]))
	}
	return d
}

// At returns the definition of a release that knew the models up to that one,
// and wrote it.
func At(d *eso.Definition, number int) *eso.Definition {
	at := *d
	at.Models = d.Models[:number]
	at.Write, at.Oldest = number, min(d.Oldest, number)
	return &at
}

func model(m *definition.Model) eso.Model {
	out := eso.Model{
		Format: eso.Format(m.Format), Namespaces: eso.Namespaces(m.Namespaces),
		Encrypted: m.Encrypted, AAD: m.AAD, Removed: m.Removed,
	}
	for _, a := range m.Attributes {
		out.Attributes = append(out.Attributes, eso.Attribute{
			Name: a.Name, Optional: a.Optional,
			Nullable: a.Value.Nullable || a.Value.Kind == definition.JSON,
			Default:  a.Default,
		})
	}
	for _, r := range m.Renamed {
		rename := eso.Rename{New: r.New, Old: r.Old}
		if r.Convert {
			rename.Up, rename.Down = missing(r.New, m.Number), missing(r.Old, m.Number)
		}
		out.Renamed = append(out.Renamed, rename)
	}
	for _, c := range m.Computed {
		convert := missing(c.Name, m.Number)
		out.Computed = append(out.Computed, eso.Compute{
			Name: c.Name, Inputs: c.Inputs,
			From: func([]eso.JSON) (eso.JSON, error) { return convert("") },
		})
	}
	for _, b := range m.Backfill {
		out.Backfill = append(out.Backfill, eso.Backfill{Name: b.Name, Value: eso.JSON(b.Value)})
	}
	return out
}

func missing(name string, model int) eso.Convert {
	return func(eso.JSON) (eso.JSON, error) {
		return "", fmt.Errorf("the function that gives %q in model %d is in the product, not in the spec", name, model)
	}
}
