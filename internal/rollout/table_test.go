package rollout

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
)

// row is a change, and what breaks if it is made in one release: nothing, or at
// least one of the findings.
type row struct {
	name          string
	before, after definition.Model
	broken        []string // "promise kind attribute release"; none: safe in one release
	native        []string // the same in the native format, where a model says no other
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

// table has the changes of docs/releases.md, and more like them.
func table() []row {
	base := model("token", "owner", "token", "owner", "note")
	opt := model("token", "owner", "token", "owner", "note?")
	return []row{
		{"add a plain optional attribute", base, model("token", "owner", "more?"), nil, nil},
		{"add a plain required attribute with backfill", base, with(model("token", "owner", "more"), backfill("more", `"some"`)), nil, nil},
		{"add a bound attribute", base, model("token", "owner more", "more?"), []string{`1 bound-differs "more" v1 (running)`}, nil},
		{"add a required bound attribute", base, with(model("token", "owner more", "more"), backfill("more", `"some"`)), []string{`1 bound-differs "more" v1 (running)`}, nil},
		{"add an encrypted attribute", base, model("token more", "owner", "more?"), []string{`1 stranded "more" new`, `5 old-key-needed "more" new`}, nil},
		{"plain to bound", base, model("token", "owner note"), []string{`1 bound-differs "note" v1 (running)`}, nil},
		{"bound to plain", base, model("token", ""), []string{`1 bound-differs "owner" v1 (running)`}, nil},
		{"plain to encrypted", base, model("token note", "owner"), []string{`2 shows-ciphertext "note" v1 (running)`}, []string{`1 required-missing "note" v1 (running)`}},
		{"encrypted to plain", base, model("", "owner"), []string{`1 not-sealed "token" v1 (running)`}, []string{`1 not-sealed "token" v1 (running)`}},
		{"required to optional", base, model("token", "owner", "note?"), []string{`1 required-missing "note" v1 (running)`}, []string{`1 required-missing "note" v1 (running)`}},
		{"optional to required", opt, with(model("token", "owner", "note"), backfill("note", `"some"`)), []string{`1 required-missing "note" new`}, []string{`1 required-missing "note" new`}},
		{"remove an optional attribute", opt, with(model("token", "owner"), removed("note")), []string{`2 lost "note" v1 (running)`}, []string{`2 lost "note" v1 (running)`}},
		{"remove a required attribute", base, with(model("token", "owner"), removed("note")), []string{`1 required-missing "note" v1 (running)`}, []string{`1 required-missing "note" v1 (running)`}},
		{"rename an optional attribute", opt, with(model("token", "owner"), renamed("text", "note", false)), []string{`2 lost "note" v1 (running)`}, []string{`2 lost "note" v1 (running)`}},
		{"rename a required attribute", base, with(model("token", "owner"), renamed("text", "note", false)), []string{`1 required-missing "note" v1 (running)`}, []string{`1 required-missing "note" v1 (running)`}},
		{"rename a bound attribute", base, with(model("token", "holder"), renamed("holder", "owner", false)), []string{`1 bound-differs "holder" v1 (running)`}, []string{`1 required-missing "owner" v1 (running)`}},
		{"rename a secret", base, with(model("secret", "owner"), renamed("secret", "token", false)), []string{`1 required-missing "token" v1 (running)`}, []string{`1 required-missing "token" v1 (running)`}},
		{"convert an attribute", base, with(model("token", "owner", "count:int"), renamed("count", "note", true)), []string{`1 required-missing "note" v1 (running)`}, []string{`1 required-missing "note" v1 (running)`}},
		{"the descriptor loses the namespace", with(base, namespaces(definition.Single)), with(model("token", "owner"), namespaces(definition.Multiple)), []string{`1 descriptor-differs "" v1 (running)`}, []string{`1 descriptor-differs "" v1 (running)`}},
		{"add a computed attribute", base, with(model("token", "owner", "made:int"), func(m *definition.Model) {
			m.Computed = []definition.Compute{{Name: "made", Inputs: []string{"owner"}}}
		}), []string{`6 computed-stale "made" new`}, []string{`6 computed-stale "made" new`}},
		{"add an attribute with a default", base, with(model("token", "owner"), func(m *definition.Model) {
			m.Declared = []definition.Attribute{{Name: "more", Optional: true, Default: `"given"`, Value: definition.Value{Kind: definition.String}}}
		}), nil, nil},
		{"bound to encrypted", base, model("token owner", ""), []string{`1 bound-differs "owner" v1 (running)`}, []string{`1 required-missing "owner" v1 (running)`}},
		{"encrypted to bound", model("token key", "owner", "token", "key", "owner"), model("token", "owner key"), []string{`1 not-sealed "key" v1 (running)`}, nil},
		{"become nullable", base, model("token", "owner", "note:string|null"), []string{`1 unreadable "note" v1 (running)`}, []string{`1 unreadable "note" v1 (running)`}},
		{"an optional attribute becomes a secret", opt, model("token note", "owner"), []string{`2 shows-ciphertext "note" v1 (running)`}, []string{`2 stale "note" v1 (running)`}},
		{"the first secret of a type", model("", "", "owner", "note"), model("token", "owner", "token?"), []string{`1 bound-changed "owner" new`, `5 old-key-needed "token" new`}, nil},
		{"nothing is bound any more", model("", "owner", "owner", "note"), model("", ""), nil, []string{`1 not-sealed "owner" v1 (running)`}},
		{"kibana to native", with(base, inFormat(definition.Kibana)), with(model("token", "owner"), inFormat(definition.Native)), []string{`1 format-differs "" v1 (running)`}, []string{`1 format-differs "" v1 (running)`}},
		{"native to kibana", with(base, inFormat(definition.Native)), with(model("token", "owner"), inFormat(definition.Kibana)), []string{`1 format-differs "" v1 (running)`}, []string{`1 format-differs "" v1 (running)`}},
		{"kibana to native without secrets", with(model("", "owner", "owner", "note"), inFormat(definition.Kibana)), with(model("", "owner"), inFormat(definition.Native)), []string{`1 format-differs "" v1 (running)`}, []string{`1 format-differs "" v1 (running)`}},
		{"integer to number", with(base, func(m *definition.Model) { m.Declared = has("token", "owner", "note:int") }), model("token", "owner", "note:number"), []string{`1 unreadable "note" v1 (running)`}, []string{`1 unreadable "note" v1 (running)`}},
	}
}

func inFormat(f definition.Format) modelWith {
	return func(m *definition.Model) { m.Format = f }
}

// TestTable plays each change in one release and announced first, in either
// format.
func TestTable(t *testing.T) {
	t.Parallel()
	for _, r := range table() {
		for _, f := range []definition.Format{definition.Kibana, definition.Native} {
			t.Run(r.name+" "+string(f), func(t *testing.T) {
				t.Parallel()
				before, after, broken := r.in(f)
				c := oneStep(before, after)
				valid(t, c.New.Type)
				v, err := Judge(t.Context(), c)
				require.NoError(t, err)
				assert.True(t, v.Complete)
				if len(broken) == 0 {
					assert.Empty(t, dump(v), "in one release")
				}
				found := strings.Split(summary(v), "\n")
				for _, expected := range broken {
					assert.Contains(t, found, expected, "in one release")
				}
				if testing.Verbose() {
					t.Logf("%d states\n%s", v.States, dump(v))
				}
				for i, c := range stages(before, after) {
					v, err := Judge(t.Context(), c)
					require.NoError(t, err)
					assert.Empty(t, dump(v), "stage %d", i+1)
				}
			})
		}
	}
}

// in returns the models of a row in a format, and what breaks.
func (r row) in(f definition.Format) (before, after definition.Model, broken []string) {
	before, after = r.before, r.after
	for _, m := range []*definition.Model{&before, &after} {
		if m.Format == "" {
			m.Format = f
		}
	}
	if f == definition.Native {
		return before, after, r.native
	}
	return before, after, r.broken
}

// TestReleasesPage holds the tables of docs/releases.md to what the simulator
// finds.
func TestReleasesPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/releases.md")
	require.NoError(t, err)
	rows := map[string]row{}
	for _, r := range table() {
		rows[r.name] = r
	}
	_, text, found := strings.Cut(string(page), "| change, in one release |")
	require.True(t, found)
	text, _, _ = strings.Cut(text, "\n\n")
	lines := strings.Split(text, "\n")[2:]
	assert.Greater(t, len(lines), 20)
	for _, line := range lines {
		cells := strings.Split(strings.Trim(line, "| "), "|")
		r, ok := rows[strings.TrimSpace(cells[0])]
		require.True(t, ok, "the table of the page has a row that no test plays: %s", line)
		for i, f := range []definition.Format{definition.Native, definition.Kibana} {
			cell := strings.TrimSpace(append(cells, "", "")[i+1])
			if cell == "" {
				continue
			}
			before, after, _ := r.in(f)
			v, err := Judge(t.Context(), oneStep(before, after))
			require.NoError(t, err)
			verdict, _, _ := strings.Cut(cell, ":")
			assert.Equal(t, map[bool]string{true: "safe", false: "broken"}[v.Safe()], verdict, "%s, %s", r.name, f)
		}
	}
}
