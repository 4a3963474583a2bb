package store_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esoimpl"
)

// vault is a type with all that may happen between models, as a release sees it
// that writes one of them and announces those up to newest.
//
//	1: owner (bound), title, level, note, password (secret)
//	2: title is called label; region is backfilled; note is a secret now; tier (bound) is new
//	3: level becomes grade, ten times as large; slug is computed; pin (secret) is new
func vault(format eso.Format, write, newest int) *eso.Definition {
	return &eso.Definition{Type: "vault", RandomID: false, Write: write, Models: []eso.Model{
		{
			Format: format, Namespaces: eso.Single,
			Attributes: []eso.Attribute{{Name: "owner"}, {Name: "title"}, {Name: "level"}, {Name: "note", Optional: true}, {Name: "password", Optional: true}},
			Encrypted:  []string{"password"}, AAD: []string{"owner"},
		},
		{
			Format: format, Namespaces: eso.Single,
			Attributes: []eso.Attribute{{Name: "owner"}, {Name: "label"}, {Name: "level"}, {Name: "region", Optional: true},
				{Name: "note", Optional: true}, {Name: "tier", Optional: true}, {Name: "password", Optional: true}},
			Encrypted: []string{"password", "note"}, AAD: []string{"owner", "tier"},
			Renamed:  []eso.Rename{{New: "label", Old: "title"}},
			Backfill: []eso.Backfill{{Name: "region", Value: `"eu"`}},
		},
		{
			Format: format, Namespaces: eso.Single,
			Attributes: []eso.Attribute{{Name: "owner"}, {Name: "label"}, {Name: "grade"}, {Name: "region", Optional: true},
				{Name: "note", Optional: true}, {Name: "tier", Optional: true}, {Name: "slug", Optional: true}, {Name: "password", Optional: true}, {Name: "pin", Optional: true}},
			Encrypted: []string{"password", "note", "pin"}, AAD: []string{"owner", "tier"},
			Renamed:  []eso.Rename{{New: "grade", Old: "level", Up: times(10), Down: times(0.1)}},
			Computed: []eso.Compute{{Name: "slug", Inputs: []string{"label"}, From: slug}},
		},
	}[:newest]}
}

func times(factor float64) eso.Convert {
	return func(value eso.JSON) (eso.JSON, error) {
		var n float64
		if err := json.Unmarshal([]byte(value), &n); err != nil {
			return "", err
		}
		return eso.JSON(fmt.Sprint(int64(n * factor))), nil
	}
}

func slug(inputs []eso.JSON) (eso.JSON, error) {
	var label string
	err := json.Unmarshal([]byte(inputs[0]), &label)
	return eso.JSON(fmt.Sprintf("%q", strings.ToLower(label))), err
}

// thing is an object of any definition.
type thing struct {
	values  map[string]eso.JSON
	secrets map[string]eso.Secret[eso.JSON]
	source  esoimpl.Source
}

// things are the operations on them, as generated code would have them.
func things(d *eso.Definition) *eso.Objects[thing] {
	return eso.NewObjects(d,
		func(o *thing, from *esoimpl.Reader) {
			o.values, o.secrets = map[string]eso.JSON{}, map[string]eso.Secret[eso.JSON]{}
			from.Object()
			for from.Member() {
				switch name := from.Name(); {
				case !slices.ContainsFunc(d.Models[d.Write-1].Attributes, func(a eso.Attribute) bool { return a.Name == name }):
					from.Unknown()
				case isSecret(d, name):
					o.secrets[name] = esoimpl.ReadSecret(from, (*esoimpl.Reader).JSON)
				default:
					o.values[name] = from.JSON()
				}
			}
			o.source = from.Source()
		},
		func(o *thing, w *esoimpl.Writer) {
			w.Begin(o.source)
			for _, a := range d.Models[d.Write-1].Attributes {
				value, ok := o.values[a.Name]
				secret, hidden := o.secrets[a.Name]
				switch {
				case ok:
					w.Member(a.Name).JSON(value)
				case hidden:
					esoimpl.WriteSecret(w, a.Name, secret, (*esoimpl.Writer).JSON)
				default:
					w.Absent(a.Name)
				}
			}
			w.End()
		},
	)
}

// isSecret reports whether the write model or an announced one encrypts the
// attribute. The secrets of vault keep their names.
func isSecret(d *eso.Definition, name string) bool {
	return slices.ContainsFunc(d.Models[d.Write-1:], func(m eso.Model) bool { return slices.Contains(m.Encrypted, name) })
}

// newThing makes an object of attributes as JSON texts.
func newThing(d *eso.Definition, attributes map[string]string) *thing {
	o := &thing{values: map[string]eso.JSON{}, secrets: map[string]eso.Secret[eso.JSON]{}}
	for name, text := range attributes {
		o.set(d, name, text)
	}
	return o
}

func (o *thing) set(d *eso.Definition, name, text string) {
	if isSecret(d, name) {
		o.secrets[name] = eso.NewSecret(eso.JSON(text))
	} else {
		o.values[name] = eso.JSON(text)
	}
}

// text returns the text of an attribute, "" if it is absent.
func (o *thing) text(t *testing.T, name string) string {
	t.Helper()
	if secret, ok := o.secrets[name]; ok {
		text, err := secret.Reveal()
		require.NoError(t, err, name)
		return string(text)
	}
	return string(o.values[name])
}

// by is the filter that generated code would have.
func by[V string | bool | int64](name string, value V) eso.Filter[thing] {
	want, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return esoimpl.Equal(name, value, func(o *thing) bool { return meansSame(o.values[name], string(want)) })
}

func meansSame(a eso.JSON, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && x == y
}

// patch sets plain attributes.
type patch map[string]string

func (p patch) Changes() eso.PatchOf[thing] {
	return esoimpl.NewPatch[thing](func(w *esoimpl.Writer) {
		w.Begin(esoimpl.Source{})
		for _, name := range slices.Sorted(maps.Keys(p)) {
			w.Member(name).JSON(eso.JSON(p[name]))
		}
		w.End()
	})
}
