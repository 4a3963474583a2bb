package soak_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout/soak"
)

// drawing draws a chain of models, and keeps track of attributes through renames.
type drawing struct {
	*rand.Rand
	names  int
	texts  [][]string // by encoding: the texts of its samples, null last
	facts  int
	models []drawn
}

// drawn is a model, with what is known of each of its attributes.
type drawn struct {
	definition.Model
	known    map[string]known
	computed map[string][]int  // the samples that a function chooses from
	converts map[string]string // by new name: the conversion
}

type known struct{ fact, encoding int }

// samples is how many values an attribute has, null among them.
const samples = 5

func (d *drawing) chance(of int) bool { return d.IntN(of) == 0 }

func (d *drawing) name() string {
	d.names++
	return "a" + string(rune('a'+d.names/26)) + string(rune('a'+d.names%26))
}

var kinds = []definition.Kind{definition.String, definition.String, definition.Int, definition.Bool, definition.List, definition.Timestamp, definition.Map, definition.Struct, definition.Struct}

// encoding makes the texts of a fresh attribute.
func (d *drawing) encoding(kind definition.Kind) int {
	if kind == definition.Struct { // its texts are drawn as they are needed
		d.texts = append(d.texts, nil)
		return len(d.texts) - 1
	}
	texts := make([]string, samples)
	for i := range samples - 1 {
		switch n := d.facts; kind {
		case definition.Int:
			texts[i] = fmt.Sprint(100*n + i + 1)
		case definition.Bool:
			texts[i] = fmt.Sprint(i%2 == 0)
		case definition.Map:
			texts[i] = fmt.Sprintf(`{"key":"%dx%d"}`, n, i)
		case definition.List:
			texts[i] = fmt.Sprintf(`["%dx%d"]`, n, i)
		case definition.Timestamp:
			texts[i] = `"` + time.Date(2024, 1, 1+i, 0, n, 0, 0, time.UTC).Format(time.RFC3339) + `"`
		case definition.String:
			texts[i] = fmt.Sprintf(`"%dx%d"`, n, i)
		default:
			panic("no texts are drawn of the kind " + string(kind))
		}
	}
	texts[samples-1] = "null"
	d.texts = append(d.texts, texts)
	return len(d.texts) - 1
}

// sample draws a sample of an encoding that a declaration takes.
func (d *drawing) sample(encoding int, v definition.Value) int {
	if v.Kind == definition.Struct {
		text := shapeOf(v, []definition.Value{v}).Draw(d.Rand)
		if i := slices.Index(d.texts[encoding], text); i >= 0 {
			return i
		}
		d.texts[encoding] = append(d.texts[encoding], text)
		return len(d.texts[encoding]) - 1
	}
	var fit []int
	for i, text := range d.texts[encoding] {
		if definition.Conform(v, text) == nil && slices.Index(d.texts[encoding], text) == i {
			fit = append(fit, i)
		}
	}
	return fit[d.IntN(len(fit))]
}

func (d *drawing) text(encoding int, v definition.Value) string {
	return d.texts[encoding][d.sample(encoding, v)]
}

func (d *drawing) attribute(m *drawn) definition.Attribute {
	kind := kinds[d.IntN(len(kinds))]
	a := definition.Attribute{Name: d.name(), Optional: d.chance(2), Value: definition.Value{Kind: kind, Nullable: d.chance(4)}}
	if kind == definition.List || kind == definition.Map {
		a.Value.Elem = &definition.Value{Kind: definition.String}
	}
	if kind == definition.Struct {
		a.Value.Fields = d.parts(2)
	}
	encoding := d.encoding(kind)
	if kind == definition.String && d.chance(3) {
		a.Value.Enum = slices.Clone(d.texts[encoding][:2])
	}
	if d.chance(4) {
		a.Default = d.text(encoding, a.Value)
	}
	m.known[a.Name] = known{d.facts, encoding}
	d.facts++
	return a
}

var roles = []definition.Role{definition.Plain, definition.Bound, definition.Encrypted}

func (d *drawing) role() definition.Role { return roles[d.IntN(len(roles))] }

func (m *drawn) take(name string, r definition.Role) {
	m.untake(name)
	switch r {
	case definition.Encrypted:
		m.Encrypted = append(m.Encrypted, name)
	case definition.Bound:
		m.AAD = append(m.AAD, name)
	}
}

func (m *drawn) untake(name string) {
	is := func(n string) bool { return n == name }
	m.Encrypted, m.AAD = slices.DeleteFunc(m.Encrypted, is), slices.DeleteFunc(m.AAD, is)
}

var formats = []definition.Format{definition.Kibana, definition.Native}

func newDrawn() drawn {
	return drawn{
		Model: definition.Model{Encrypted: []string{}, AAD: []string{}},
		known: map[string]known{}, computed: map[string][]int{}, converts: map[string]string{},
	}
}

func (d *drawing) first() {
	m := newDrawn()
	m.Format = formats[d.IntN(2)]
	m.Namespaces = definition.Agnostic
	if d.chance(4) {
		m.Namespaces = definition.Single
	}
	for range 1 + d.IntN(4) {
		a := d.attribute(&m)
		m.Declared = append(m.Declared, a)
		m.take(a.Name, d.role())
	}
	d.models = append(d.models, m)
}

// next draws the model after the newest one.
func (d *drawing) next() {
	before := d.models[len(d.models)-1]
	resolved := d.typ(len(d.models), len(d.models)).Newest()
	m := newDrawn()
	m.Namespaces, m.Format, m.known = before.Namespaces, before.Format, maps.Clone(before.known)
	m.Encrypted, m.AAD = slices.Clone(before.Encrypted), slices.Clone(before.AAD)
	if d.chance(12) {
		m.Namespaces = definition.Multiple
	}
	if d.chance(8) {
		m.Format = formats[d.IntN(2)]
	}
	touched := map[string]bool{}
	for range 1 + d.IntN(3) {
		if len(resolved.Attributes) == 0 || d.chance(4) {
			d.add(&m, resolved, &before)
			continue
		}
		a := resolved.Attributes[d.IntN(len(resolved.Attributes))]
		if touched[a.Name] {
			continue
		}
		touched[a.Name] = true
		d.alter(&m, a, resolved.Role(a.Name), touched, resolved)
	}
	d.models = append(d.models, m)
}

func (d *drawing) add(m *drawn, before *definition.Model, last *drawn) {
	a := d.attribute(m)
	encoding := m.known[a.Name].encoding
	switch {
	case d.chance(3):
		if len(before.Attributes) == 0 {
			m.Backfill = append(m.Backfill, definition.Backfill{Name: a.Name, Value: d.text(encoding, a.Value)})
			break
		}
		var inputs []string
		for range 1 + d.IntN(3) {
			if name := before.Attributes[d.IntN(len(before.Attributes))].Name; !slices.Contains(inputs, name) {
				inputs = append(inputs, name)
			}
		}
		m.computed[a.Name] = []int{d.sample(encoding, a.Value), d.sample(encoding, a.Value), d.sample(encoding, a.Value)}
		m.Computed = append(m.Computed, definition.Compute{Name: a.Name, Inputs: inputs})
	case !a.Optional || d.chance(4):
		m.Backfill = append(m.Backfill, definition.Backfill{Name: a.Name, Value: d.text(encoding, a.Value)})
	}
	m.Declared = append(m.Declared, a)
	m.take(a.Name, d.role())
}

// unconverted are kinds for which the soak has no conversions.
var unconverted = []definition.Kind{definition.Timestamp, definition.List, definition.Map, definition.Struct}

func (d *drawing) alter(m *drawn, a definition.Attribute, role definition.Role, touched map[string]bool, before *definition.Model) {
	k := m.known[a.Name]
	if a.Value.Kind == definition.Struct && d.chance(2) {
		a.Value.Fields, a.Default = d.alterParts(a.Value.Fields), ""
		m.Declared = append(m.Declared, a)
		return
	}
	switch what := d.IntN(12); what {
	case 0:
		m.Removed = append(m.Removed, a.Name)
		m.untake(a.Name)
		delete(m.known, a.Name)
	case 1, 2:
		name := d.name()
		m.Renamed = append(m.Renamed, definition.Rename{New: name, Old: a.Name, Convert: what == 2 && a.Value.Enum == nil && !slices.Contains(unconverted, a.Value.Kind)})
		m.untake(a.Name)
		m.take(name, role)
		delete(m.known, a.Name)
		m.known[name] = k
		if r := &m.Renamed[len(m.Renamed)-1]; r.Convert {
			d.convert(m, a, k, r)
		}
	case 3: // two attributes exchange their names
		b := before.Attributes[d.IntN(len(before.Attributes))]
		if touched[b.Name] {
			return
		}
		touched[b.Name] = true
		m.Renamed = append(m.Renamed, definition.Rename{New: a.Name, Old: b.Name}, definition.Rename{New: b.Name, Old: a.Name})
		m.known[a.Name], m.known[b.Name] = m.known[b.Name], k
		m.take(a.Name, before.Role(b.Name))
		m.take(b.Name, role)
	case 4, 5, 6:
		m.take(a.Name, d.role())
	case 7:
		a.Optional = !a.Optional
		if !a.Optional {
			m.Backfill = append(m.Backfill, definition.Backfill{Name: a.Name, Value: d.text(k.encoding, a.Value)})
		}
		m.Declared = append(m.Declared, a)
	case 8:
		a.Value.Nullable = !a.Value.Nullable
		if !a.Value.Nullable && a.Default == "null" {
			a.Default = ""
		}
		m.Declared = append(m.Declared, a)
	case 9, 10:
		if len(a.Value.Enum) == 0 {
			return
		}
		a.Value.Enum = slices.Clone(d.texts[k.encoding][d.IntN(2) : 1+1+d.IntN(3)])
		a.Default = ""
		m.Declared = append(m.Declared, a)
	case 11:
		a.Default = d.text(k.encoding, a.Value)
		m.Declared = append(m.Declared, a)
	}
}

// convert gives an attribute another encoding under its new name.
func (d *drawing) convert(m *drawn, a definition.Attribute, k known, r *definition.Rename) {
	var conversion string
	to := definition.Value{Kind: a.Value.Kind, Nullable: a.Value.Nullable}
	switch a.Value.Kind {
	case definition.Bool:
		conversion = "not"
	case definition.Int:
		conversion = "negate"
		if d.chance(2) {
			conversion, to.Kind = "quote", definition.String
		}
	default:
		conversion = "reverse"
		if d.chance(2) {
			conversion, to.Kind, to.Elem = "wrap", definition.List, &definition.Value{Kind: definition.String}
		}
	}
	texts := make([]string, samples)
	for i, text := range d.texts[k.encoding] {
		texts[i] = soak.ConvertText(conversion, text)
	}
	d.texts = append(d.texts, texts)
	m.known[r.New] = known{k.fact, len(d.texts) - 1}
	m.converts[r.New] = conversion
	m.Declared = append(m.Declared, definition.Attribute{Name: r.New, Optional: a.Optional, Value: to})
}

// typ resolves the type that knows so many models, and writes one.
func (d *drawing) typ(write, models int) *definition.Type { return d.edited(write, models, nil) }

// edited is typ with other models in the place of some.
func (d *drawing) edited(write, models int, edits map[int]definition.Model) *definition.Type {
	t := &definition.Type{Name: "thing", Label: "thing", RandomID: true, Write: write, Oldest: 1}
	for i := range models {
		m := d.models[i].Model
		if edit, ok := edits[i]; ok {
			m = edit
		}
		m.Number, m.StatesAAD, m.StatesEncrypted = i+1, true, true
		m.Declared, m.Encrypted, m.AAD = slices.Clone(m.Declared), slices.Clone(m.Encrypted), slices.Clone(m.AAD)
		t.Models = append(t.Models, m)
	}
	t.Resolve()
	return t
}

// plans are histories: the model that each release writes, and how many it knows.
var plans = [][][2]int{
	{{1, 1}, {2, 2}},
	{{1, 1}, {2, 2}},
	{{1, 1}, {1, 2}},
	{{1, 1}, {1, 2}, {2, 2}},
	{{1, 1}, {1, 2}, {2, 2}},
	{{1, 2}, {2, 2}},
	{{2, 2}, {1, 2}},
	{{1, 1}, {2, 2}, {3, 3}},
	{{1, 1}, {1, 2}, {3, 3}},
	{{1, 1}, {1, 3}, {3, 3}},
	{{1, 1}, {1, 2}, {2, 3}, {3, 3}},
	{{1, 1}, {1, 2}, {2, 2}, {2, 3}, {3, 3}},
	{{1, 1}, {1, 2}, {2, 2}, {0, 2}}, // writes none: it retires the type
}
