package eso

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A read whose secrets do not open comes with the reason beside the object, or
// without an object. It never comes with one that lacks a plain attribute which
// the write model requires, because that would have been made of a secret.
func TestProblemLeavesNoPlainAttributeEmpty(t *testing.T) {
	upper := func(value JSON) (JSON, error) { return value[:1] + "made of " + value[1:], nil }
	for _, format := range []Format{Kibana, Native} {
		first := Model{Format: format, Namespaces: Agnostic, Encrypted: []string{"token", "note"}, AAD: []string{"host"},
			Attributes: []Attribute{{Name: "host"}, {Name: "token"}, {Name: "note"}}}
		second := Model{Format: format, Namespaces: Agnostic, Encrypted: []string{"token"}, AAD: []string{"host"}}
		for what, c := range map[string]struct {
			change func(m *Model)
			shown  string // the plain attribute, or "" where the object comes all the same
		}{
			"nothing changes": {func(m *Model) { m.Encrypted, m.Attributes = first.Encrypted, first.Attributes }, ""},
			"plain from here on": {func(m *Model) {
				m.Attributes = []Attribute{{Name: "host"}, {Name: "token"}, {Name: "note"}}
			}, "note"},
			"renamed": {func(m *Model) {
				m.Attributes = []Attribute{{Name: "host"}, {Name: "token"}, {Name: "remark"}}
				m.Renamed = []Rename{{New: "remark", Old: "note"}}
			}, "remark"},
			"converted": {func(m *Model) {
				m.Attributes = []Attribute{{Name: "host"}, {Name: "token"}, {Name: "remark"}}
				m.Renamed = []Rename{{New: "remark", Old: "note", Up: upper, Down: upper}}
			}, "remark"},
			"computed": {func(m *Model) {
				m.Encrypted, m.Attributes = first.Encrypted, append(first.Attributes[:3:3], Attribute{Name: "sum"})
				m.Computed = []Compute{{Name: "sum", Inputs: []string{"note"}, From: func(in []JSON) (JSON, error) { return upper(in[0]) }}}
			}, "sum"},
			"backfilled": {func(m *Model) {
				m.Encrypted, m.Attributes = first.Encrypted, append(first.Attributes[:3:3], Attribute{Name: "zone"})
				m.Backfill = []Backfill{{Name: "zone", Value: `"eu"`}}
			}, ""},
		} {
			m := second
			c.change(&m)
			old := &Definition{Type: "login", Write: 1, Models: []Model{first}}
			d := &Definition{Type: "login", Write: 2, Exposes: []string{"token"}, Models: []Model{first, m}}
			doc, err := old.SealJSON(t.Context(), testKeys(t), Ref{ID: "l"}, []byte(`{"host":"h","token":"t0ken","note":"n0te"}`))
			require.NoError(t, err)
			for name, how := range map[string]trust{"normal": normal, "verified": verified, "unverified": unverified} {
				v, problem, err := d.readView(t.Context(), testKeys(t), doc, how)
				require.NoError(t, err, what)
				require.NoError(t, problem, what)
				if c.shown != "" {
					assert.GreaterOrEqual(t, v.members.Find(c.shown), 0, "%s: %s", what, c.shown)
				}
				for _, keys := range []Keyring{testKeys(t, olderKey), nil} { // the key is lost
					v, problem, err := d.readView(t.Context(), keys, doc, how)
					require.True(t, problem != nil || err != nil, "%s, %s, %s", format, what, name)
					comes := c.shown == "" && (how == unverified || how == normal && format == Kibana)
					assert.Equal(t, comes, err == nil, "%s, %s, %s: %v", format, what, name, err)
					if err != nil {
						assert.Nil(t, v)
						continue
					}
					for _, a := range m.Attributes {
						if !d.secret(a.Name) {
							assert.GreaterOrEqual(t, v.members.Find(a.Name), 0, "%s, %s, %s: %s", format, what, name, a.Name)
						}
					}
				}
			}
		}
	}
}
