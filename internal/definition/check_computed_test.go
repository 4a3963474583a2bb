package definition_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/esogen/esogen/internal/definition"
)

// TestComputedRules breaks each rule about computed attributes once. Model 1 has
// owner, note (optional) and token; model 2 computes host from owner.
func TestComputedRules(t *testing.T) {
	text := func(name string) definition.Attribute {
		return definition.Attribute{Name: name, Value: definition.Value{Kind: definition.String}}
	}
	for name, c := range map[string]struct {
		change func(two, three *definition.Model)
		want   []string
	}{
		"nothing": {func(_, _ *definition.Model) {}, []string{}},
		"existing": {func(two, _ *definition.Model) { two.Computed = computed("token", "owner") },
			[]string{`computed-existing models/2/computed/token: model 2 computes "token", which model 1 has already`}},
		"renamed": {func(two, _ *definition.Model) {
			two.Renamed = []definition.Rename{{New: "host", Old: "note"}}
		}, []string{`two-values models/2/computed/host: "host" is computed, and renamed from "note"`}},
		"nothing to compute from": {func(two, _ *definition.Model) { two.Computed = computed("host") },
			[]string{`no-inputs models/2/computed/host: "host" is computed from nothing`}},
		"itself": {func(two, _ *definition.Model) { two.Computed = computed("host", "host") },
			[]string{`computed-cycle models/2/computed/host/0: "host" is computed from itself`}},
		"twice": {func(two, _ *definition.Model) { two.Computed = computed("host", "owner", "owner") },
			[]string{`twice-in-list models/2/computed/host/1: "host" is computed from "owner" twice`}},
		"optional later": {func(_, three *definition.Model) {
			a := text("owner")
			a.Optional = true
			three.Declared = append(three.Declared, a)
		}, []string{`computed-input-wider models/3/attributes/owner: model 3 declares "owner" wider than the function takes that computes "host" from it: it is optional, and model 1 says otherwise`}},
		"wider, and no longer computed": {func(_, three *definition.Model) {
			a := text("owner")
			a.Value.Nullable = true
			three.Declared, three.Removed = append(three.Declared, a), []string{"host"}
		}, []string{}},
		"removed by the same model": {func(two, _ *definition.Model) { two.Removed = []string{"owner"} },
			[]string{`warning: computed-from-removed models/2/computed/host/0: model 2 removes "owner" and computes "host" from it, so the release that announces it can neither change the one nor see the other`}},
	} {
		t.Run(name, func(t *testing.T) {
			note := text("note")
			note.Optional = true
			typ := &definition.Type{Name: "thing", Label: "thing", RandomID: true, Write: 3, Oldest: 1, Models: []definition.Model{
				{Declared: []definition.Attribute{text("owner"), note, text("token")}, Encrypted: []string{"token"}, StatesEncrypted: true, AAD: []string{}, StatesAAD: true},
				{Declared: []definition.Attribute{text("host")}, Computed: computed("host", "owner")},
				{},
			}}
			for i := range typ.Models {
				m := &typ.Models[i]
				m.Number, m.Namespaces, m.Format = i+1, definition.Agnostic, definition.Native
			}
			c.change(&typ.Models[1], &typ.Models[2])
			typ.Resolve()
			found := []string{}
			for _, p := range definition.Check(typ) {
				if p.Rule != "definition/required-without-value" {
					found = append(found, render(p))
				}
			}
			assert.Equal(t, c.want, found)
		})
	}
}

// TestInputRemovedLater has the model that computes an attribute, and one that
// removes its input, announced by one release.
func TestInputRemovedLater(t *testing.T) {
	t.Parallel()
	text := func(name string) definition.Attribute {
		return definition.Attribute{Name: name, Value: definition.Value{Kind: definition.String}}
	}
	warning := `warning: computed-from-removed models/2/computed/host/0: model 2 computes "host" from "owner", model 4 removes that, and both are announced, so this release can neither change the one nor see the other`
	for name, c := range map[string]struct {
		write int
		three definition.Model
		want  []string
	}{
		"both announced":                 {1, definition.Model{}, []string{warning}},
		"under another name":             {1, definition.Model{Renamed: []definition.Rename{{New: "user", Old: "owner"}}}, []string{warning}},
		"computed one written":           {2, definition.Model{}, []string{}},
		"computed one is gone before":    {1, definition.Model{Removed: []string{"host"}}, []string{}},
		"computed one is renamed before": {1, definition.Model{Renamed: []definition.Rename{{New: "site", Old: "host"}}}, []string{warning}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gone := "owner"
			if r, ok := c.three.RenameFrom("owner"); ok {
				gone = r.New
			}
			typ := &definition.Type{Name: "thing", Label: "thing", RandomID: true, Write: c.write, Oldest: 1, Models: []definition.Model{
				{Declared: []definition.Attribute{text("owner"), text("token")}, Encrypted: []string{"token"}, StatesEncrypted: true, AAD: []string{}, StatesAAD: true},
				{Declared: []definition.Attribute{text("host")}, Computed: []definition.Compute{{Name: "host", Inputs: []string{"owner"}}}},
				c.three,
				{Removed: []string{gone}},
			}}
			for i := range typ.Models {
				m := &typ.Models[i]
				m.Number, m.Namespaces, m.Format = i+1, definition.Agnostic, definition.Native
			}
			typ.Resolve()
			found := []string{}
			for _, p := range definition.Check(typ) {
				found = append(found, render(p))
			}
			assert.Equal(t, c.want, found)
		})
	}
}
