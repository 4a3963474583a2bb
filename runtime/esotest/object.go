package esotest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esoimpl"
)

// Object is an object of any type, with its attributes as JSON texts. It reads and
// writes documents as generated code does: it writes the attributes of the write
// model, keeps secrets secret, and leaves everything else unchanged.
//
//	accounts := esotest.NewObjects(definition, nil)
//	doc, err := accounts.Seal(ctx, keys, ref, esotest.NewObject(map[string]string{"owner": `"ann"`}))
//
// The zero value is an object without attributes. For tests, an Object holds its
// secrets as plain texts; printing it shows only names.
type Object struct {
	attributes []attribute // those of the write model first, in its order
	source     esoimpl.Source
	typ        *objectType // nil if the object was not read
}

type attribute struct {
	name     string
	text     string // "" if the attribute is absent, or a secret left out
	parts    any    // the value, if a part of it was changed
	stripped bool   // a normal read left the secret out
	set      bool   // by hand
}

// objectType is what NewObjects knows of the attributes of the write model.
type objectType struct {
	names   []string
	secrets []bool
	shapes  []Shape
}

// NewObjects returns the operations on objects of the type that d defines.
// Shapes are the Go types of attributes, by name: [Object.SetPart] and
// [Object.Check] need them. An attribute without one takes any JSON value.
func NewObjects(d *eso.Definition, shapes map[string]Shape) *eso.Objects[Object] {
	typ := &objectType{}
	for _, a := range d.Models[d.Write-1].Attributes {
		shape, ok := shapes[a.Name]
		if !ok {
			shape = Shape{Kind: "json"}
		}
		typ.names = append(typ.names, a.Name)
		typ.secrets = append(typ.secrets, secret(d, a.Name))
		typ.shapes = append(typ.shapes, shape)
	}
	return eso.NewObjects(d, typ.read, typ.write)
}

// secret reports whether the write model or an announced one encrypts an
// attribute of the write model.
func secret(d *eso.Definition, name string) bool {
	for i := d.Write - 1; i < len(d.Models); i++ {
		m := &d.Models[i]
		if i >= d.Write {
			var kept bool
			if name, kept = m.After(name); !kept {
				return false
			}
		}
		if slices.Contains(m.Encrypted, name) {
			return true
		}
	}
	return false
}

func (typ *objectType) read(o *Object, d *esoimpl.Reader) {
	o.typ = typ
	o.attributes = make([]attribute, len(typ.names), len(typ.names)+1)
	for i, name := range typ.names {
		o.attributes[i].name = name
	}
	d.Object()
	for d.Member() {
		i := slices.Index(typ.names, d.Name())
		switch {
		case i < 0: // generated code calls Unknown; a test compares what is kept
			o.attributes = append(o.attributes, readSecret(d))
		case typ.secrets[i]:
			d.Once(uint(i))
			o.attributes[i] = readSecret(d)
		default:
			d.Once(uint(i))
			o.attributes[i].text = string(d.JSON())
		}
	}
	o.source = d.Source()
}

func readSecret(d *esoimpl.Reader) attribute {
	name := d.Name()
	text, err := esoimpl.ReadSecret(d, (*esoimpl.Reader).JSON).Reveal()
	return attribute{name: name, text: string(text), stripped: err != nil}
}

func (typ *objectType) write(o *Object, w *esoimpl.Writer) {
	w.Begin(o.source)
	for i, name := range typ.names {
		a := o.find(name)
		switch {
		case a == nil:
			w.Absent(name)
		case typ.secrets[i]:
			typ.writeSecret(i, a, w)
		case a.parts != nil:
			typ.shapes[i].write(w.Member(name), a.parts)
		case a.text == "":
			w.Absent(name)
		default:
			w.Member(name).JSON(eso.JSON(a.text))
		}
	}
	for i := range o.attributes {
		if a := &o.attributes[i]; a.set && !slices.Contains(typ.names, a.name) {
			w.Member(a.name).JSON(eso.JSON(a.text))
			w.Refuse("the write model has no such attribute") // nor has generated code a field
		}
	}
	w.End()
}

func (typ *objectType) writeSecret(i int, a *attribute, w *esoimpl.Writer) {
	switch {
	case a.stripped:
		esoimpl.WriteSecret(w, a.name, eso.Secret[eso.JSON]{}, (*esoimpl.Writer).JSON)
	case a.parts != nil:
		esoimpl.WriteSecret(w, a.name, eso.NewSecret(a.parts), typ.shapes[i].write)
	case a.text == "":
		w.Absent(a.name)
	default:
		esoimpl.WriteSecret(w, a.name, eso.NewSecret(eso.JSON(a.text)), (*esoimpl.Writer).JSON)
	}
}

// NewObject returns an object of attributes as JSON texts.
func NewObject(attributes map[string]string) *Object {
	o := &Object{}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		o.Set(name, attributes[name])
	}
	return o
}

func (o *Object) find(name string) *attribute {
	for i := range o.attributes {
		if o.attributes[i].name == name {
			return &o.attributes[i]
		}
	}
	return nil
}

// Text returns the JSON text of an attribute, or "" if the attribute is absent,
// or a secret that a normal read left out.
func (o *Object) Text(name string) string {
	if a := o.find(name); a != nil {
		return a.text
	}
	return ""
}

// Stripped reports whether the attribute is a secret that a normal read left
// out.
func (o *Object) Stripped(name string) bool {
	a := o.find(name)
	return a != nil && a.stripped
}

// Texts returns the attributes that are present, by name.
func (o *Object) Texts() map[string]json.RawMessage {
	texts := map[string]json.RawMessage{}
	for _, a := range o.attributes {
		if a.text != "" {
			texts[a.name] = json.RawMessage(a.text)
		}
	}
	return texts
}

// Set gives an attribute a value, as a JSON text.
func (o *Object) Set(name, text string) { o.put(attribute{name: name, text: text, set: true}) }

// Unset removes an attribute.
func (o *Object) Unset(name string) { o.put(attribute{name: name}) }

// Strip leaves a secret out, as a normal read does.
func (o *Object) Strip(name string) { o.put(attribute{name: name, stripped: true}) }

func (o *Object) put(a attribute) {
	if was := o.find(a.name); was != nil {
		*was = a
		return
	}
	if o.attributes == nil {
		o.attributes = make([]attribute, 0, 8)
	}
	o.attributes = append(o.attributes, a)
}

// SetPart gives a part of an attribute a new value, as a JSON text, or removes
// the part if text is "". The object must have been read by operations that know
// the shape of the attribute.
func (o *Object) SetPart(name string, path Path, text string) error {
	a, shape := o.find(name), o.shape(name)
	if a == nil || shape == nil {
		return fmt.Errorf("esotest: the shape of attribute %q is not known", name)
	}
	value, err := shape.parse(a.text)
	if err != nil {
		return err
	}
	a.parts, err = shape.set(value, path, text)
	return err
}

// Respell gives an attribute another text of the same value, as another program
// might have written it, so that a write seals the object again. It reports false
// if there is no such text, or no such attribute.
func (o *Object) Respell(name string) bool {
	a := o.find(name)
	if a == nil || respelled(a.text) == "" {
		return false
	}
	o.Set(name, respelled(a.text))
	return true
}

// Check returns an error if a Go type cannot hold its attribute.
func (o *Object) Check() error {
	for _, a := range o.attributes {
		if shape := o.shape(a.name); shape != nil && a.text != "" && !shape.Reads(a.text) {
			return fmt.Errorf("esotest: the Go type of attribute %q does not read its value", a.name)
		}
	}
	return nil
}

func (o *Object) shape(name string) *Shape {
	if o.typ == nil {
		return nil
	}
	i := slices.Index(o.typ.names, name)
	if i < 0 {
		return nil
	}
	return &o.typ.shapes[i]
}

// Patch returns the change that sets an attribute, or unsets it if text is "".
func Patch(name, text string) eso.PatchOf[Object] {
	return esoimpl.NewPatch[Object](func(w *esoimpl.Writer) {
		if text == "" {
			w.Absent(name)
		} else {
			w.Member(name).JSON(eso.JSON(text))
		}
	})
}

// PatchPart returns the change that writes an attribute after SetPart.
func (o *Object) PatchPart(name string) eso.PatchOf[Object] {
	return esoimpl.NewPatch[Object](func(w *esoimpl.Writer) { o.shape(name).write(w.Member(name), o.find(name).parts) })
}

// Format prints the names of the attributes, whatever the verb.
func (o Object) Format(f fmt.State, _ rune) {
	var names []string
	for _, a := range o.attributes {
		names = append(names, a.name)
	}
	fmt.Fprintf(f, "object%q", names)
}

// respelled returns another text of the same JSON value, or "".
func respelled(text string) string {
	switch {
	case len(text) > 2 && text[0] == '"' && text[1] != '\\' && text[1] < 0x80:
		return fmt.Sprintf(`"\u%04x%s`, text[1], text[2:])
	case len(text) > 0 && (text[0] == '[' || text[0] == '{'):
		return text[:1] + " " + text[1:]
	}
	return ""
}
