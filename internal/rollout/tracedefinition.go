package rollout

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// release writes the definition of a release, and the Go form of its objects.
func (t *traceTest) release(pl *player) {
	name := t.vars[pl]
	t.printf("// %s is %s.\nvar %s = objects(&eso.Definition{\n", name, printable(pl.title), name)
	t.printf("Type: %q, Write: %d, Oldest: %d,\n", pl.typ.Name, pl.typ.Write, pl.typ.Oldest)
	t.names("Exposes", pl.typ.Exposes)
	t.printf("Models: []eso.Model{\n")
	for i := range pl.typ.Models {
		t.model(&pl.typ.Models[i])
	}
	t.printf("},\n}, %sFields)\n\n", name)
	t.printf("var %sFields = []field{\n", name)
	for _, f := range pl.fields {
		t.printf("{%q, %t, func(d *eso.Decoder) { %s }", f.Name, f.Secret, reader(f.Value))
		if t.nested {
			t.printf(", &%s", f.shape.literal())
		}
		t.printf("},\n")
	}
	t.printf("}\n\n")
}

func (t *traceTest) model(m *definition.Model) {
	t.printf("{\nFormat: %q, Namespaces: %q,\nAttributes: []eso.Attribute{\n", m.Format, m.Namespaces)
	for _, at := range m.Attributes {
		t.printf("{Name: %q", at.Name)
		if at.Optional {
			t.printf(", Optional: true")
		}
		if nullable(at.Value) {
			t.printf(", Nullable: true")
		}
		if at.Default != "" {
			t.printf(", Default: %s", literal(at.Default))
		}
		t.printf("},\n")
	}
	t.printf("},\n")
	t.names("Encrypted", m.Encrypted)
	t.names("AAD", m.AAD)
	t.names("Removed", m.Removed)
	t.renames(m)
	if len(m.Computed) > 0 {
		t.printf("Computed: []eso.Compute{\n")
		for _, c := range m.Computed {
			t.printf("{Name: %q, Inputs: %#v, From: %s},\n", c.Name, c.Inputs, t.play.function(place{m.Number, c.Name}).literal(t.play))
		}
		t.printf("},\n")
	}
	if len(m.Backfill) > 0 {
		t.printf("Backfill: []eso.Backfill{\n")
		for _, b := range m.Backfill {
			t.printf("{Name: %q, Value: %s},\n", b.Name, literal(b.Value))
		}
		t.printf("},\n")
	}
	t.printf("},\n")
}

func (t *traceTest) renames(m *definition.Model) {
	if len(m.Renamed) == 0 {
		return
	}
	t.printf("Renamed: []eso.Rename{\n")
	for _, r := range m.Renamed {
		t.printf("{New: %q, Old: %q", r.New, r.Old)
		if r.Convert {
			from, to := place{m.Number - 1, r.Old}, place{m.Number, r.New}
			tokens := t.play.tokens[t.play.local[to]]
			t.printf(", Up: table(%s), Down: table(%s)", tokens.table(from, to), tokens.table(to, from))
		}
		t.printf("},\n")
	}
	t.printf("},\n")
}

// table writes a conversion as a Go map.
func (t *tokens) table(from, to place) string {
	var pairs []string
	for i := range t.texts[0] {
		pairs = append(pairs, literal(t.text(from, i))+": "+literal(t.text(to, i)))
	}
	slices.Sort(pairs)
	return "map[eso.JSON]eso.JSON{" + strings.Join(pairs, ", ") + "}"
}

func (t *traceTest) names(member string, names []string) {
	if len(names) == 0 {
		return
	}
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	fmt.Fprintf(&t.out, "%s: []string{%s},\n", member, strings.Join(quoted, ", "))
}

// traceHelpers is the rest of the test: objects of any definition, whose
// attributes are kept as JSON texts.
const traceHelpers = `
var (
	oldKey = key("the key before the rotation, of 32 characters or more")
	newKey = key("the key after the rotation, of 32 characters or more")
)

func key(passphrase string) eso.Key {
	key, err := eso.NewPassphraseKey("", passphrase)
	if err != nil {
		panic(err)
	}
	return key
}

func keyring(t *testing.T, primary eso.Key, others ...eso.Key) eso.Keyring {
	t.Helper()
	keys, err := eso.NewKeyringOf(primary, others...)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// field is an attribute as the code of a release sees it.
type field struct {
	name   string
	secret bool
	read   func(*eso.Decoder) // as its Go type is read
}

type object struct {
	values map[string]eso.JSON // without the secrets that a normal read leaves out
	source eso.Source
}

func objects(d *eso.Definition, fields []field) *eso.Objects[object] {
	return &eso.Objects[object]{
		Definition: d,
		Decode: func(o *object, d *eso.Decoder) {
			o.values = map[string]eso.JSON{}
			d.Object()
			for d.Member() {
				o.read(d, fields)
			}
			o.source = d.Source()
		},
		Encode: func(o *object, w *eso.Writer) {
			w.Begin(o.source)
			for _, f := range fields {
				switch value, ok := o.values[f.name]; {
				case !ok:
					w.Absent(f.name)
				case f.secret:
					eso.WriteSecret(w, f.name, eso.NewSecret(value), (*eso.Writer).JSON)
				default:
					w.Member(f.name).JSON(value)
				}
			}
			w.End()
		},
	}
}

func (o *object) read(d *eso.Decoder, fields []field) {
	for i, f := range fields {
		if f.name != d.Name() {
			continue
		}
		d.Once(uint(i))
		if !f.secret {
			o.values[f.name] = d.JSON()
		} else if value, err := eso.ReadSecret(d, (*eso.Decoder).JSON).Reveal(); err == nil {
			o.values[f.name] = value
		}
		return
	}
	d.Unknown()
}

// legible tells whether the Go types of a release read the values.
func (o *object) legible(fields []field) error {
	for _, f := range fields {
		value, ok := o.values[f.name]
		if !ok {
			continue
		}
		text, err := json.Marshal(map[string]json.RawMessage{f.name: json.RawMessage(value)})
		if err != nil {
			return err
		}
		err = eso.Unmarshal(text, func(d *eso.Decoder) {
			d.Object()
			for d.Member() {
				f.read(d)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// table is a conversion, as far as the test needs it.
func table(values map[eso.JSON]eso.JSON) eso.Convert {
	return func(value eso.JSON) (eso.JSON, error) {
		converted, ok := values[value]
		if !ok {
			return "", eso.ErrInvalid
		}
		return converted, nil
	}
}

// computed is a function that gives one of two values, and the other one when an
// input goes over to its upper half, or back.
func computed(values [2]eso.JSON, upper ...map[eso.JSON]bool) func([]eso.JSON) (eso.JSON, error) {
	return func(inputs []eso.JSON) (eso.JSON, error) {
		half := 0
		for i, input := range inputs {
			if upper[i][input] {
				half = 1 - half
			}
		}
		return values[half], nil
	}
}

// with puts another text in the place of an attribute of a stored document, or
// takes it away.
func with(t *testing.T, attributes []byte, name, value string) []byte {
	t.Helper()
	var stored map[string]json.RawMessage
	if err := json.Unmarshal(attributes, &stored); err != nil {
		t.Fatal(err)
	}
	stored[name] = json.RawMessage(value)
	if value == "" {
		delete(stored, name)
	}
	text, err := json.Marshal(stored)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
`
