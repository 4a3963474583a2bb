package store_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esoimpl"
	"github.com/esogen/esogen/runtime/esotest"
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
type thing = esotest.Object

func things(d *eso.Definition) *eso.Objects[thing] { return esotest.NewObjects(d, nil) }

// newThing makes an object of attributes as JSON texts.
func newThing(attributes map[string]string) *thing { return esotest.NewObject(attributes) }

// by is the filter that generated code would have.
func by[V string | bool | int64](name string, value V) eso.Filter[thing] {
	want, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return esoimpl.Equal(name, value, func(o *thing) bool { return meansSame(o.Text(name), string(want)) })
}

func meansSame(a, b string) bool {
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
