package codec

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// pieces copy an attribute from one object to another.
var pieces = map[string]func(to, from *everything){
	"text": func(to, from *everything) { to.Text = from.Text }, "flag": func(to, from *everything) { to.Flag = from.Flag },
	"big": func(to, from *everything) { to.Big = from.Big }, "ratio": func(to, from *everything) { to.Ratio = from.Ratio },
	"at": func(to, from *everything) { to.At = from.At }, "every": func(to, from *everything) { to.Every = from.Every },
	"blob": func(to, from *everything) { to.Blob = from.Blob }, "any": func(to, from *everything) { to.Any = from.Any },
	"tags": func(to, from *everything) { to.Tags = from.Tags }, "rule": func(to, from *everything) { to.Rule = from.Rule },
	"rules": func(to, from *everything) { to.Rules = from.Rules }, "byName": func(to, from *everything) { to.ByName = from.ByName },
	"grid": func(to, from *everything) { to.Grid = from.Grid }, "note": func(to, from *everything) { to.Note = from.Note },
	"choice": func(to, from *everything) { to.Choice = from.Choice }, "deadline": func(to, from *everything) { to.Deadline = from.Deadline },
	"extra": func(to, from *everything) { to.Extra = from.Extra },
	// Parts of attributes.
	"rule inner":   func(to, from *everything) { to.Rule.Inner = from.Rule.Inner },
	"rule params":  func(to, from *everything) { to.Rule.Params = from.Rule.Params },
	"rule enabled": func(to, from *everything) { to.Rule.Enabled = from.Rule.Enabled },
	"some rules": func(to, from *everything) {
		to.Rules = slices.Concat(to.Rules, from.Rules)
		slices.Reverse(to.Rules)
	},
	"a rule by name": func(to, from *everything) {
		for name, r := range from.ByName {
			if to.ByName != nil {
				to.ByName[name] = r
			}
			delete(from.ByName, name)
			break
		}
	},
}

// TestRandomUpdates changes random objects at random. What is read after the
// change is what was written, only what changed is a change, and unknown members
// stay.
func TestRandomUpdates(t *testing.T) {
	kinds := map[string]kind{}
	for name, k := range attributes {
		switch name {
		case "token", "key", "pin", "config", "count", "labels", "ticks", "maybe", "level": // secrets, and what writes may refuse
		default:
			kinds[name] = k
		}
	}
	var names []string
	for name := range pieces {
		names = append(names, name)
	}
	slices.Sort(names)
	rapid.Check(t, func(r *rapid.T) {
		text := noBigIntegers(drawObject(r, kinds))
		ms, err := ParseMembers(text)
		require.NoError(t, err, "%q", text)
		e := openStored(t, ms)
		from := openStored(t, must(ParseMembers(noBigIntegers(drawObject(r, kinds)))))
		if rapid.Bool().Draw(r, "made") {
			made := unread(*from)
			from = &made
		}
		touched := map[string]bool{}
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 0, 4).Draw(r, "pieces") {
			pieces[name](e, from)
			touched[attributeOf[name]] = true
			touched[name] = true
		}

		w := NewWriter(ms)
		e.write(w)
		changes, err := w.deltas()
		require.NoError(t, err, "%s", text)
		after := slices.Clone(ms)
		for _, c := range changes {
			require.True(t, touched[c.Name], "%s: %q is changed", text, c.Name)
			i := after.Find(c.Name)
			switch {
			case c.Absent:
				after = slices.Delete(after, i, i+1)
			case i >= 0:
				after[i].Raw = c.Raw
			default:
				after = append(after, Member{Name: c.Name, Raw: c.Raw})
			}
		}
		again, err := ParseMembers(string(AppendMembers(nil, after)))
		require.NoError(t, err, "%s", AppendMembers(nil, after))
		read := openStored(t, again)
		require.Equal(t, publicly(t, unread(*e)), publicly(t, unread(*read)), "%s became %s", text, AppendMembers(nil, again))
		for _, name := range []string{"new", "newer"} {
			if i := ms.Find(name); i >= 0 {
				require.Equal(t, ms[i].Raw, again[again.Find(name)].Raw)
			}
		}
		if rapid.Bool().Draw(r, "again") {
			checkUnchanged(t, again)
		}
	})
}

var attributeOf = map[string]string{
	"rule inner": "rule", "rule params": "rule", "rule enabled": "rule", "some rules": "rules", "a rule by name": "byName",
}

func must(ms Members, err error) Members {
	if err != nil {
		panic(err)
	}
	return ms
}

// noBigIntegers takes integers out that a write refuses.
func noBigIntegers(text string) string {
	return strings.NewReplacer("9007199254740993", "7", "-9223372036854775808", "-7").Replace(text)
}
