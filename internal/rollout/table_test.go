package rollout

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
)

// row is a change, and what breaks where it is made in one release: nothing, or
// one of the findings at least.
type row struct {
	name          string
	before, after definition.Model
	broken        []string // "promise kind attribute release"; none: safe in one release
}

func (m1 modelWith) apply(m definition.Model) definition.Model { m1(&m); return m }

type modelWith func(*definition.Model)

func with(m definition.Model, edit modelWith) definition.Model { return edit.apply(m) }

func backfill(name, value string) modelWith {
	return func(m *definition.Model) {
		m.Backfill = append(m.Backfill, definition.Backfill{Name: name, Value: value})
	}
}

func removed(names ...string) modelWith {
	return func(m *definition.Model) { m.Removed = names }
}

func renamed(to, from string, convert bool) modelWith {
	return func(m *definition.Model) { m.Renamed = []definition.Rename{{New: to, Old: from, Convert: convert}} }
}

func namespaces(n definition.Namespaces) modelWith {
	return func(m *definition.Model) { m.Namespaces = n }
}

// table is the rows of DESIGN section 2.3 for the kibana format, and more of
// the kind.
func table() []row {
	base := model("token", "owner", "token", "owner", "note")
	opt := model("token", "owner", "token", "owner", "note?")
	return []row{
		{"add a plain optional attribute", base, model("token", "owner", "more?"), nil},
		{"add a plain required attribute with backfill", base, with(model("token", "owner", "more"), backfill("more", `"some"`)), nil},
		{"add a bound attribute", base, model("token", "owner more", "more?"), []string{`1 bound-differs "more" v1 (running)`}},
		{"add a required bound attribute", base, with(model("token", "owner more", "more"), backfill("more", `"some"`)), []string{`1 bound-differs "more" v1 (running)`}},
		{"add an encrypted attribute", base, model("token more", "owner", "more?"), []string{`1 stranded "more" new`, `5 old-key-needed "more" new`}},
		{"plain to bound", base, model("token", "owner note"), []string{`1 bound-differs "note" v1 (running)`}},
		{"bound to plain", base, model("token", ""), []string{`1 bound-differs "owner" v1 (running)`}},
		{"plain to encrypted", base, model("token note", "owner"), []string{`2 shows-ciphertext "note" v1 (running)`}},
		{"encrypted to plain", base, model("", "owner"), []string{`1 not-sealed "token" v1 (running)`}},
		{"required to optional", base, model("token", "owner", "note?"), []string{`1 required-missing "note" v1 (running)`}},
		{"optional to required", opt, with(model("token", "owner", "note"), backfill("note", `"some"`)), []string{`1 required-missing "note" new`}},
		{"remove an optional attribute", opt, with(model("token", "owner"), removed("note")), []string{`2 lost "note" v1 (running)`}},
		{"remove a required attribute", base, with(model("token", "owner"), removed("note")), []string{`1 required-missing "note" v1 (running)`}},
		{"rename an optional attribute", opt, with(model("token", "owner"), renamed("text", "note", false)), []string{`2 lost "note" v1 (running)`}},
		{"rename a required attribute", base, with(model("token", "owner"), renamed("text", "note", false)), []string{`1 required-missing "note" v1 (running)`}},
		{"rename a bound attribute", base, with(model("token", "holder"), renamed("holder", "owner", false)), []string{`1 bound-differs "holder" v1 (running)`}},
		{"rename a secret", base, with(model("secret", "owner"), renamed("secret", "token", false)), []string{`1 required-missing "token" v1 (running)`}},
		{"convert an attribute", base, with(model("token", "owner", "count:int"), renamed("count", "note", true)), []string{`1 required-missing "note" v1 (running)`}},
		{"the descriptor loses the namespace", with(base, namespaces(definition.Single)), with(model("token", "owner"), namespaces(definition.Multiple)), []string{`1 descriptor-differs "" v1 (running)`}},
		{"add a computed attribute", base, with(model("token", "owner", "made:int"), func(m *definition.Model) { m.Computed = []string{"made"} }), nil},
		{"add an attribute with a default", base, with(model("token", "owner"), func(m *definition.Model) {
			m.Declared = []definition.Attribute{{Name: "more", Optional: true, Default: `"given"`, Value: definition.Value{Kind: definition.String}}}
		}), nil},
		{"bound to encrypted", base, model("token owner", ""), []string{`1 bound-differs "owner" v1 (running)`}},
		{"encrypted to bound", model("token key", "owner", "token", "key", "owner"), model("token", "owner key"), []string{`1 not-sealed "key" v1 (running)`}},
		{"become nullable", base, model("token", "owner", "note:string|null"), []string{`1 unreadable "note" v1 (running)`}},
		{"integer to number", with(base, func(m *definition.Model) { m.Declared = has("token", "owner", "note:int") }), model("token", "owner", "note:number"), []string{`1 unreadable "note" v1 (running)`}},
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	for _, r := range table() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			c := oneStep(r.before, r.after)
			valid(t, c.New.Type)
			v, err := Judge(t.Context(), c)
			require.NoError(t, err)
			assert.True(t, v.Complete)
			if len(r.broken) == 0 {
				assert.Empty(t, dump(v), "in one release")
			}
			found := strings.Split(summary(v), "\n")
			for _, expected := range r.broken {
				assert.Contains(t, found, expected, "in one release")
			}
			if testing.Verbose() {
				t.Logf("%d states\n%s", v.States, dump(v))
			}
			for i, c := range stages(r.before, r.after) {
				v, err := Judge(t.Context(), c)
				require.NoError(t, err)
				assert.Empty(t, dump(v), "stage %d", i+1)
			}
		})
	}
}
