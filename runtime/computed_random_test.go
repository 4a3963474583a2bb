package eso

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestComputedRandomly lets two releases, one of which announces what the other
// writes, work on one document in random order. Whatever nobody set otherwise
// agrees with its function, as its model reads the inputs back.
func TestComputedRandomly(t *testing.T) {
	keys := testKeys(t)
	values := rapid.SampledFrom([]string{`"a"`, `"b"`, `"c"`})
	rapid.Check(t, func(t *rapid.T) {
		format := rapid.SampledFrom([]Format{Kibana, Native}).Draw(t, "format")
		roles := map[string]string{}
		for _, name := range []string{"url", "port", "zone", "host", "label"} {
			roles[name] = rapid.SampledFrom([]string{"", "", "bound", "encrypted"}).Draw(t, name)
		}
		newest := rapid.IntRange(2, 4).Draw(t, "newest")
		releases := []*Definition{addressed(format, newest-1, newest, roles), addressed(format, newest, newest, roles)}
		first := rapid.IntRange(1, newest).Draw(t, "first")
		given := map[string]json.RawMessage{}
		for _, a := range addressed(format, first, newest, roles).Models[first-1].Attributes {
			if a.Name == "host" || a.Name == "server" || a.Optional && rapid.Bool().Draw(t, a.Name+" is left out") {
				continue
			}
			if a.Name == "label" && first < 4 {
				continue
			}
			given[a.Name] = json.RawMessage(values.Draw(t, a.Name))
		}
		text, err := json.Marshal(given)
		require.NoError(t, err)
		doc, err := addressed(format, first, first, roles).SealJSON(t.Context(), keys, Ref{}, text)
		require.NoError(t, err)

		custom := map[string]bool{"label": first == 4}
		judge := func(doc Document, set map[string]bool) {
			got := attributesOf(t, releases[1], keys, doc)
			want := functionsOf(t, doc.Model, got)
			for name, value := range want {
				key := canonical(name)
				custom[key] = custom[key] || set[key]
				if custom[key] = custom[key] && value != got[name]; custom[key] {
					continue
				}
				require.Equal(t, value, got[name], "model %d: %s of %v", doc.Model, name, got)
			}
		}
		judge(doc, nil)
		for range rapid.IntRange(1, 6).Draw(t, "operations") {
			d := releases[rapid.IntRange(0, 1).Draw(t, "release")]
			var changes []delta
			for _, a := range d.Models[d.Write-1].Attributes {
				if d.dropped(a.Name) || rapid.IntRange(0, 2).Draw(t, "sets "+a.Name) > 0 {
					continue
				}
				changes = append(changes, delta{Name: a.Name, Raw: values.Draw(t, a.Name)})
			}
			var err error
			switch op := rapid.SampledFrom([]string{"update", "patch", "migrate"}).Draw(t, "operation"); op {
			case "update":
				doc, err = d.update(t.Context(), keys, doc, func(*view) ([]delta, error) { return changes, nil })
			case "patch":
				changes = slices.DeleteFunc(changes, func(c delta) bool { return d.Models[d.Write-1].encrypts(c.Name) || d.Models[d.Write-1].binds(c.Name) })
				doc, err = d.patch(t.Context(), keys, doc, changes)
			default:
				changes = nil
				doc, err = d.Migrate(t.Context(), keys, doc)
			}
			require.NoError(t, err)
			set := map[string]bool{}
			for _, c := range changes {
				set[canonical(c.Name)] = true
			}
			judge(doc, set)
		}
	})
}

// canonical is what model 1 or 2 calls an attribute.
func canonical(name string) string {
	if old, ok := map[string]string{"address": "url", "server": "host"}[name]; ok {
		return old
	}
	return name
}

// functionsOf computes, without the code under test, what the computed
// attributes of a document would be.
func functionsOf(t require.TestingT, model int, got map[string]string) map[string]string {
	text := func(name string) string {
		raw, ok := got[name]
		if !ok {
			return "none"
		}
		var s string
		require.NoError(t, json.Unmarshal([]byte(raw), &s))
		return s
	}
	back := func(s string) string {
		runes := []rune(s)
		slices.Reverse(runes)
		return string(runes)
	}
	switch model {
	case 2:
		return map[string]string{"host": string(quotedJSON("host " + text("url") + " " + text("port")))}
	case 3:
		return map[string]string{
			"host":  string(quotedJSON("host " + back(text("address")) + " " + text("port"))),
			"label": string(quotedJSON("label " + text("host") + " " + text("zone"))),
		}
	case 4:
		return map[string]string{"server": string(quotedJSON(strings.ToUpper("host " + back(text("address")) + " " + text("port"))))}
	}
	return nil
}
