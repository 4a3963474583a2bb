package rollout

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
)

// has declares attributes: "name", "name?" if it is optional, with the kind behind a
// colon and "|null" if it is nullable.
func has(declarations ...string) []definition.Attribute {
	var out []definition.Attribute
	for _, text := range declarations {
		name, kind, _ := strings.Cut(text, ":")
		kind, null := strings.CutSuffix(kind, "|null")
		if kind == "" {
			kind = "string"
		}
		name, optional := strings.CutSuffix(name, "?")
		out = append(out, definition.Attribute{Name: name, Optional: optional, Value: definition.Value{Kind: definition.Kind(kind), Nullable: null}})
	}
	return out
}

// model is a model that states its sets.
func model(encrypted, aad string, declarations ...string) definition.Model {
	return definition.Model{Declared: has(declarations...), Encrypted: strings.Fields(encrypted), AAD: strings.Fields(aad)}
}

// typeOf resolves a type that writes a model.
func typeOf(write int, models ...definition.Model) *definition.Type {
	t := &definition.Type{Name: "thing", Label: "thing", RandomID: true, Write: write, Oldest: 1}
	for i, m := range models {
		m.Number, m.StatesAAD, m.StatesEncrypted = i+1, true, true
		if m.Namespaces == "" {
			m.Namespaces = definition.Agnostic
		}
		if m.Format == "" {
			m.Format = definition.Kibana
		}
		t.Models = append(t.Models, m)
	}
	t.Resolve()
	return t
}

// valid fails if a definition has errors.
func valid(t testing.TB, types ...*definition.Type) {
	t.Helper()
	for _, typ := range types {
		if typ == nil {
			continue
		}
		for _, p := range definition.Check(typ) {
			require.NotEqual(t, definition.Error, p.Severity, p.Message)
		}
	}
}

// oneStep is a change in one release; stages is the same one announced first.
func oneStep(before, after definition.Model) Case {
	return Case{
		History: []Release{{Name: "v1", Type: typeOf(1, before)}},
		New:     Release{Type: typeOf(2, before, after)},
	}
}

func stages(before, after definition.Model) []Case {
	return []Case{
		{History: []Release{{Name: "v1", Type: typeOf(1, before)}}, New: Release{Type: typeOf(1, before, after)}},
		{History: []Release{{Name: "v1", Type: typeOf(1, before)}, {Name: "v2", Type: typeOf(1, before, after)}}, New: Release{Type: typeOf(2, before, after)}},
	}
}

// fieldOf returns the index of the field of a name, or -1.
func fieldOf(o operations, name string) int {
	return slices.IndexFunc(o.(*codec).fields, func(f definition.Field) bool { return f.Name == name })
}

// summary writes findings in short.
func summary(v Verdict) string {
	var lines []string
	for _, f := range v.Findings {
		lines = append(lines, fmt.Sprintf("%d %s %q %s", f.Promise, f.Kind, f.Attribute, f.Release.Title))
	}
	return strings.Join(lines, "\n")
}

func dump(v Verdict) string {
	var b strings.Builder
	for _, f := range v.Findings {
		fmt.Fprintf(&b, "%d %s %q %s\n", f.Promise, f.Kind, f.Attribute, f.Release.Title)
		for _, line := range f.Lines {
			b.WriteString("    " + line + "\n")
		}
	}
	return b.String()
}
