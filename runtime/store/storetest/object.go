package storetest

import (
	"maps"
	"slices"
	"testing"

	eso "github.com/esogen/esogen/runtime"
)

// object is an object of any type: its attributes as texts. Whatever may be a
// secret is read as one.
type object struct {
	attributes map[string]eso.Secret[eso.JSON]
	touched    string            // the attribute that is written with another text of the same meaning
	given      map[string]string // of a new object
	source     eso.Source
}

func objectsOf(d *eso.Definition) *eso.Objects[object] {
	return &eso.Objects[object]{Definition: d, Decode: (*object).read, Encode: (*object).write}
}

func (o *object) read(d *eso.Decoder) {
	o.attributes = map[string]eso.Secret[eso.JSON]{}
	d.Object()
	for d.Member() {
		name := d.Name()
		o.attributes[name] = eso.ReadSecret(d, (*eso.Decoder).JSON)
	}
	o.source = d.Source()
}

func (o *object) write(w *eso.Writer) {
	w.Begin(o.source)
	for _, name := range slices.Sorted(maps.Keys(o.given)) {
		eso.WriteSecret(w, name, eso.NewSecret(eso.JSON(o.given[name])), (*eso.Writer).JSON)
	}
	if o.touched != "" {
		if text, err := o.attributes[o.touched].Reveal(); err == nil {
			eso.WriteSecret(w, o.touched, eso.NewSecret(eso.JSON(respelled(string(text)))), (*eso.Writer).JSON)
		}
	}
	w.End()
}

func (o *object) texts(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for name, secret := range o.attributes {
		text, err := secret.Reveal()
		if err != nil {
			t.Fatalf("attribute %q: %v", name, err)
		}
		texts[name] = string(text)
	}
	return texts
}
