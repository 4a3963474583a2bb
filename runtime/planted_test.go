package eso

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/codec"
)

// wayType is a type whose second model gets and loses attributes in every way
// there is: each name below is one that a model has and the other lacks, with a
// role as given. The models know of each other in every release.
func wayType(format Format, write int, role string) *Definition {
	optional := func(names ...string) []Attribute {
		list := []Attribute{{Name: "zone"}, {Name: "token"}}
		for _, name := range names {
			list = append(list, Attribute{Name: name, Optional: true})
		}
		return list
	}
	old, new := []string{"legacy", "url", "converted"}, []string{"backfilled", "computed", "endpoint", "turned", "proxy"}
	d := &Definition{Type: "thing", Write: write, Models: []Model{
		{Attributes: optional(old...)},
		{
			Attributes: optional(new...), Removed: []string{"legacy"},
			Renamed: []Rename{{New: "endpoint", Old: "url"}, {New: "turned", Old: "converted",
				Up: func(v JSON) (JSON, error) { return v, nil }, Down: func(v JSON) (JSON, error) { return v, nil }}},
			Computed: []Compute{{Name: "computed", From: func([]JSON) (JSON, error) { return `"made"`, nil }}},
			Backfill: []Backfill{{Name: "backfilled", Value: `"filled"`}},
		},
	}}
	for i, names := range [][]string{old, new} {
		m := &d.Models[i]
		m.Format, m.Namespaces, m.Encrypted, m.AAD = format, Agnostic, []string{"token"}, []string{"zone"}
		switch role {
		case "bound":
			m.AAD = append(m.AAD, names...)
		case "encrypted":
			m.Encrypted = append(m.Encrypted, names...)
		}
	}
	return d
}

// strangers are the names that a model lacks and the other has.
var strangers = map[int][]string{1: {"backfilled", "computed", "endpoint", "turned", "proxy"}, 2: {"legacy", "url", "converted"}}

// every does each operation with a document, and returns what each said.
func every(t *testing.T, d *Definition, keys Keyring, doc Document) map[string]error {
	t.Helper()
	errs := map[string]error{}
	_, errs["open"] = d.openView(t.Context(), keys, doc)
	_, _, errs["read"] = d.readView(t.Context(), keys, doc, normal)
	_, errs["update"] = d.update(t.Context(), keys, doc, setting("zone", `"changed"`))
	_, errs["patch"] = d.patch(t.Context(), keys, doc, patching("zone", `"changed"`))
	_, errs["empty patch"] = d.patch(t.Context(), keys, doc, nil)
	_, errs["migrate"] = d.Migrate(t.Context(), keys, doc)
	_, errs["rotate"] = d.Rotate(t.Context(), newCheapKeyring("next", "primary"), doc)
	_, errs["raw open"] = d.OpenJSON(t.Context(), keys, doc)
	_, errs["raw strip"] = d.StripJSON(t.Context(), keys, doc)
	_, _, errs["unverified read"] = d.readView(t.Context(), keys, doc, unverified)
	_, errs["unverified strip"] = d.StripUnverifiedJSON(t.Context(), keys, doc)
	return errs
}

// What another model binds or encrypts, and the document's own does not have, is
// refused by every operation, whichever way the document would go.
func TestPlantedIsRefusedEverywhere(t *testing.T) {
	keys := newCheapKeyring("primary")
	for _, format := range []Format{Native, Kibana} {
		for _, role := range []string{"bound", "encrypted"} {
			for model, names := range strangers {
				doc, err := wayType(format, model, role).SealJSON(t.Context(), keys, Ref{ID: "x"}, []byte(`{"zone":"z","token":"hunter2"}`))
				require.NoError(t, err)
				for _, name := range names {
					for _, value := range []string{`"evil.example"`, `""`, `false`, `null`, `{"a":[]}`} {
						planted := withMember(doc, fmt.Sprintf(`%q:%s`, name, value))
						for write := 1; write <= 2; write++ {
							for op, err := range every(t, wayType(format, write, role), keys, planted) {
								what := fmt.Sprintf("%s, %s, model %d of %d, %s: %s: %s", format, role, model, write, name, value, op)
								if role == "encrypted" && value == "null" {
									assert.NoError(t, err, what)
									continue
								}
								assert.ErrorIs(t, err, ErrPlanted, what)
								assert.ErrorIs(t, err, ErrMalformed, what)
								assert.NotContains(t, err.Error(), "evil", what)
							}
						}
					}
				}
			}
		}
	}
}

// The seal of a document lists what is sealed, present or not what is bound:
// what stands sealed is refused, and what is only listed is not.
func TestPlantedInASeal(t *testing.T) {
	keys := newCheapKeyring("primary")
	d := wayType(Native, 1, "encrypted")
	wider := *d
	wider.Models = []Model{d.Models[0]}
	wider.Models[0].Attributes = append(wider.Models[0].Attributes, Attribute{Name: "proxy", Optional: true})
	wider.Models[0].Encrypted = append(wider.Models[0].Encrypted, "proxy")
	doc, err := wider.SealJSON(t.Context(), keys, Ref{ID: "x"}, []byte(`{"zone":"z","token":"hunter2","proxy":"p"}`))
	require.NoError(t, err)
	for op, err := range every(t, d, keys, doc) {
		assert.ErrorIs(t, err, ErrPlanted, op)
	}

	d = wayType(Native, 1, "bound")
	wider.Models = []Model{d.Models[0]}
	wider.Models[0].Attributes = append(wider.Models[0].Attributes, Attribute{Name: "proxy", Optional: true})
	wider.Models[0].AAD = append(wider.Models[0].AAD, "proxy")
	doc, err = wider.SealJSON(t.Context(), keys, Ref{ID: "x"}, []byte(`{"zone":"z","token":"hunter2"}`))
	require.NoError(t, err)
	require.Contains(t, headerOf(t, doc).Bound, "proxy")
	for op, err := range every(t, d, keys, doc) {
		assert.NoError(t, err, op)
	}
}

// In a document above all known models, the newest known one says what it has.
func TestPlantedAboveAllKnownModels(t *testing.T) {
	keys := newCheapKeyring("primary")
	for _, format := range []Format{Native, Kibana} {
		d := wayType(format, 2, "bound")
		above := *d
		above.Models = append([]Model{}, d.Models...)
		above.Models = append(above.Models, d.Models[1])
		above.Models[2].Removed, above.Models[2].Renamed, above.Models[2].Computed, above.Models[2].Backfill = nil, nil, nil, nil
		above.Write = 3
		doc, err := above.SealJSON(t.Context(), keys, Ref{ID: "x"}, []byte(`{"zone":"z","token":"hunter2","proxy":"p"}`))
		require.NoError(t, err)
		for write := 1; write <= 2; write++ {
			for op, err := range every(t, wayType(format, write, "bound"), keys, doc) {
				assert.NoError(t, err, op)
			}
			for _, name := range strangers[2] {
				for op, err := range every(t, wayType(format, write, "bound"), keys, withMember(doc, fmt.Sprintf(`%q:1`, name))) {
					assert.ErrorIs(t, err, ErrPlanted, "%s %s", op, name)
				}
			}
		}
	}
}

// A plain stray never stands in for what a step makes, and is gone where a step
// declares its name; another is kept.
func TestPlainStrays(t *testing.T) {
	keys := newCheapKeyring("primary")
	for _, format := range []Format{Native, Kibana} {
		for model, names := range strangers {
			doc, err := wayType(format, model, "plain").SealJSON(t.Context(), keys, Ref{ID: "x"}, []byte(`{"zone":"z","token":"hunter2","unknown":1}`))
			require.NoError(t, err)
			d := wayType(format, 3-model, "plain")
			clean, err := d.openView(t.Context(), keys, doc)
			require.NoError(t, err)
			stray := doc
			for _, name := range names {
				stray = withMember(stray, fmt.Sprintf(`%q:"evil.example"`, name))
			}
			v, err := d.openView(t.Context(), keys, stray)
			require.NoError(t, err)
			assert.JSONEq(t, string(codec.AppendMembers(nil, clean.members)), string(codec.AppendMembers(nil, v.members)))
			assert.Contains(t, string(codec.AppendMembers(nil, v.members)), `"unknown":1`)
			if model == 2 {
				continue
			}
			assert.Contains(t, string(codec.AppendMembers(nil, v.members)), `"filled"`)
			assert.Contains(t, string(codec.AppendMembers(nil, v.members)), `"made"`)
			migrated, err := d.Migrate(t.Context(), keys, stray)
			require.NoError(t, err)
			assert.False(t, strings.Contains(string(migrated.Attributes), "evil"), "%s", migrated.Attributes)
		}
	}
}
