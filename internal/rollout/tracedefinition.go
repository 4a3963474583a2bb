package rollout

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// release writes a release, with the definition of what the trace needs.
func (t *traceTest) release(pl *player) {
	t.printf("var %s = esotest.Release{\nName: %q,\nDefinition: &eso.Definition{\n", t.vars[pl], pl.title)
	t.printf("Type: %q, Write: %d, Oldest: %d,\n", pl.typ.Name, pl.typ.Write, pl.typ.Oldest)
	t.names("Exposes", pl.typ.Exposes)
	t.printf("Models: []eso.Model{\n")
	for i := range pl.typ.Models {
		t.model(&pl.typ.Models[i])
	}
	t.printf("},\n},\nShapes: map[string]esotest.Shape{\n")
	for i := range pl.fields {
		f := &pl.fields[i]
		t.printf("%q: {%s},\n", f.Name, shapeLiteral(&f.shape))
	}
	t.printf("},\n}\n\n")
}

func (t *traceTest) model(m *definition.Model) {
	t.printf("{\nFormat: %q, Namespaces: %q,\nAttributes: []eso.Attribute{", m.Format, m.Namespaces)
	for i, at := range m.Attributes {
		if i > 0 {
			t.printf(", ")
		}
		t.printf("{Name: %q", at.Name)
		if at.Optional {
			t.printf(", Optional: true")
		}
		if nullable(at.Value) {
			t.printf(", Nullable: true")
		}
		if at.Default != "" {
			t.printf(", Default: %s", literal(at.Default))
		}
		t.printf("}")
	}
	t.printf("},\n")
	t.names("Encrypted", m.Encrypted)
	t.names("AAD", m.AAD)
	t.names("Removed", m.Removed)
	t.renames(m)
	if len(m.Computed) > 0 {
		t.printf("Computed: []eso.Compute{\n")
		for _, c := range m.Computed {
			t.printf("{Name: %q, Inputs: %#v, From: %s},\n", c.Name, c.Inputs, t.play.function(place{m.Number, c.Name}).literal(t.play))
		}
		t.printf("},\n")
	}
	if len(m.Backfill) > 0 {
		t.printf("Backfill: []eso.Backfill{\n")
		for _, b := range m.Backfill {
			t.printf("{Name: %q, Value: %s},\n", b.Name, literal(b.Value))
		}
		t.printf("},\n")
	}
	t.printf("},\n")
}

func (t *traceTest) renames(m *definition.Model) {
	if len(m.Renamed) == 0 {
		return
	}
	t.printf("Renamed: []eso.Rename{\n")
	for _, r := range m.Renamed {
		t.printf("{New: %q, Old: %q", r.New, r.Old)
		if r.Convert {
			from, to := place{m.Number - 1, r.Old}, place{m.Number, r.New}
			tokens := t.play.tokens[t.play.local[to]]
			t.printf(", Up: esotest.Converts(%s), Down: esotest.Converts(%s)", tokens.table(from, to), tokens.table(to, from))
		}
		t.printf("},\n")
	}
	t.printf("},\n")
}

// table writes a conversion as a Go map.
func (t *tokens) table(from, to place) string {
	var pairs []string
	for i := range t.texts[0] {
		pairs = append(pairs, literal(t.text(from, i))+": "+literal(t.text(to, i)))
	}
	slices.Sort(pairs)
	return "map[eso.JSON]eso.JSON{" + strings.Join(pairs, ", ") + "}"
}

func (t *traceTest) names(member string, names []string) {
	if len(names) == 0 {
		return
	}
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	fmt.Fprintf(&t.out, "%s: []string{%s},\n", member, strings.Join(quoted, ", "))
}
