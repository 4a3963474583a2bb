package soak_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout"
	"github.com/esogen/esogen/internal/rollout/soak"
)

// drawing draws a chain of models, and keeps book of what attributes stand for:
// whoever draws a rename knows it, and has no need to find it out.
type drawing struct {
	*rand.Rand
	names  int
	texts  [][]string // by form: the texts of its tokens, null last
	facts  int
	models []drawn
}

// drawn is a model, with what is known of each of its attributes.
type drawn struct {
	definition.Model
	known    map[string]known
	computed map[string][]int  // the tokens that a function chooses from
	converts map[string]string // by new name: the conversion
}

type known struct{ fact, form int }

// tokens is how many values an attribute has, null among them.
const tokens = 5

func (d *drawing) chance(of int) bool { return d.IntN(of) == 0 }

func (d *drawing) name() string {
	d.names++
	return "a" + string(rune('a'+d.names/26)) + string(rune('a'+d.names%26))
}

var kinds = []definition.Kind{definition.String, definition.String, definition.Int, definition.Bool, definition.List, definition.Timestamp, definition.Map, definition.Struct, definition.Struct}

// form makes the texts of a fresh attribute.
func (d *drawing) form(kind definition.Kind) int {
	if kind == definition.Struct { // its texts are drawn as they are needed
		d.texts = append(d.texts, nil)
		return len(d.texts) - 1
	}
	texts := make([]string, tokens)
	for i := range tokens - 1 {
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
	texts[tokens-1] = "null"
	d.texts = append(d.texts, texts)
	return len(d.texts) - 1
}

// token draws a token of a form that a declaration takes.
func (d *drawing) token(form int, v definition.Value) int {
	if v.Kind == definition.Struct {
		text := shapeOf(v, []definition.Value{v}).Draw(d.Rand)
		if i := slices.Index(d.texts[form], text); i >= 0 {
			return i
		}
		d.texts[form] = append(d.texts[form], text)
		return len(d.texts[form]) - 1
	}
	var fit []int
	for i, text := range d.texts[form] {
		if definition.Conform(v, text) == nil && slices.Index(d.texts[form], text) == i {
			fit = append(fit, i)
		}
	}
	return fit[d.IntN(len(fit))]
}

func (d *drawing) text(form int, v definition.Value) string { return d.texts[form][d.token(form, v)] }

func (d *drawing) attribute(m *drawn) definition.Attribute {
	kind := kinds[d.IntN(len(kinds))]
	a := definition.Attribute{Name: d.name(), Optional: d.chance(2), Value: definition.Value{Kind: kind, Nullable: d.chance(4)}}
	if kind == definition.List || kind == definition.Map {
		a.Value.Elem = &definition.Value{Kind: definition.String}
	}
	if kind == definition.Struct {
		a.Value.Fields = d.parts(2)
	}
	form := d.form(kind)
	if kind == definition.String && d.chance(3) {
		a.Value.Enum = slices.Clone(d.texts[form][:2])
	}
	if d.chance(4) {
		a.Default = d.text(form, a.Value)
	}
	m.known[a.Name] = known{d.facts, form}
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
	form := m.known[a.Name].form
	switch {
	case d.chance(3):
		if len(before.Attributes) == 0 {
			m.Backfill = append(m.Backfill, definition.Backfill{Name: a.Name, Value: d.text(form, a.Value)})
			break
		}
		var inputs []string
		for range 1 + d.IntN(3) {
			if name := before.Attributes[d.IntN(len(before.Attributes))].Name; !slices.Contains(inputs, name) {
				inputs = append(inputs, name)
			}
		}
		m.computed[a.Name] = []int{d.token(form, a.Value), d.token(form, a.Value), d.token(form, a.Value)}
		m.Computed = append(m.Computed, definition.Compute{Name: a.Name, Inputs: inputs})
	case !a.Optional || d.chance(4):
		m.Backfill = append(m.Backfill, definition.Backfill{Name: a.Name, Value: d.text(form, a.Value)})
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
			m.Backfill = append(m.Backfill, definition.Backfill{Name: a.Name, Value: d.text(k.form, a.Value)})
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
		a.Value.Enum = slices.Clone(d.texts[k.form][d.IntN(2) : 1+1+d.IntN(3)])
		a.Default = ""
		m.Declared = append(m.Declared, a)
	case 11:
		a.Default = d.text(k.form, a.Value)
		m.Declared = append(m.Declared, a)
	}
}

// convert gives an attribute another form under its new name.
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
	texts := make([]string, tokens)
	for i, text := range d.texts[k.form] {
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

// plans are histories: what each release writes, and how many models it knows.
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

// history is a case that was drawn: its releases as rollout takes them, and the
// drawing.
type history struct {
	*drawing
	releases []rollout.Release
}

// drawHistory draws one that a spec could say.
func drawHistory(seed uint64) history {
	d := &drawing{Rand: rand.New(rand.NewPCG(seed, 1))}
	for {
		*d = drawing{Rand: d.Rand}
		plan := plans[d.IntN(len(plans))]
		d.first()
		for range plan[len(plan)-1][1] - 1 {
			d.next()
		}
		since, edits := d.edit(plan)
		h := history{drawing: d}
		exposes := d.chance(4)
		for i, p := range plan {
			t := d.typ(max(p[0], 1), p[1])
			if i >= since {
				t = d.edited(max(p[0], 1), p[1], edits)
			}
			t.Retired = p[0] == 0
			if secrets := t.Model(t.Write).Encrypted; exposes && len(secrets) > 0 {
				t.Exposes = secrets[:1]
			}
			if d.chance(20) {
				t.Oldest = t.Write
			}
			h.releases = append(h.releases, rollout.Release{Name: fmt.Sprintf("v%d", i+1), Type: t})
		}
		if slices.ContainsFunc(h.releases, func(r rollout.Release) bool { return wrong(r.Type) }) {
			continue
		}
		return h
	}
}

func wrong(t *definition.Type) bool {
	return slices.ContainsFunc(definition.Check(t), func(p definition.Problem) bool { return p.Severity == definition.Error })
}

// story makes of a history what the player needs to know.
func (h *history) story(name string, safe []bool) soak.Case {
	c := soak.Case{Name: name}
	for i, r := range h.releases {
		t := r.Type
		out := soak.Release{Name: r.Name, Safe: safe[i], Gone: t.Retired, Write: t.Write, Oldest: t.Oldest}
		if t.Retired {
			c.Releases = append(c.Releases, out)
			continue
		}
		for n := range t.Models {
			if t.Models[n].Namespaces == definition.Single {
				c.Namespace = "space"
			}
			out.Models = append(out.Models, h.model(t, n))
		}
		for _, f := range definition.Fields(t) {
			k := h.models[t.Write-1].known[f.Name]
			field := soak.Field{
				Name: f.Name, GoName: f.FieldName(), Fact: k.fact, Texts: h.texts[k.form], Default: soak.Absent,
				Secret: f.Secret, Exposed: slices.Contains(t.Exposes, f.Name), Pointer: f.Pointer, Optional: f.Optional,
				Required: f.Required, Dropped: f.Dropped, Patchable: f.Patchable, Unset: f.Optional && !f.Required,
				Computed: computes(t, f.Name),
			}
			if f.Value.Kind == definition.Struct {
				field.Shape = shapeOf(f.Value, f.Narrow)
			}
			for token, text := range field.Texts {
				if field.Shape == nil && slices.Index(field.Texts, text) == token && h.mayWrite(t, f, k, token) {
					field.Writes = append(field.Writes, token)
				}
			}
			if f.Default != "" {
				field.Default = slices.Index(field.Texts, f.Default)
			}
			out.Fields = append(out.Fields, field)
		}
		c.Releases = append(c.Releases, out)
	}
	return c
}

// mayWrite tells whether a release may write a token: each model that it writes
// or announces takes it.
func (h *history) mayWrite(t *definition.Type, f definition.Field, k known, token int) bool {
	for _, v := range f.Narrow {
		if definition.Conform(v, h.texts[k.form][token]) != nil {
			return false
		}
	}
	for _, m := range t.Announced() {
		for name, at := range h.models[m.Number-1].known {
			if at.fact == k.fact && definition.Conform(m.Attribute(name).Value, h.texts[at.form][token]) != nil {
				return false
			}
		}
	}
	return true
}

func (h *history) model(t *definition.Type, n int) soak.Model {
	d, m := h.models[n], &t.Models[n]
	out := soak.Model{Facts: map[string]int{}, Encrypted: m.Encrypted}
	for _, a := range m.Attributes {
		out.Facts[a.Name] = d.known[a.Name].fact
	}
	for _, b := range m.Backfill {
		k := d.known[b.Name]
		out.Given = append(out.Given, soak.Given{Fact: k.fact, Token: slices.Index(h.texts[k.form], b.Value)})
	}
	for _, computed := range m.Computed {
		k := d.known[computed.Name]
		given := soak.Given{Fact: k.fact, Gives: d.computed[computed.Name], Texts: h.texts[k.form]}
		for _, name := range computed.Inputs {
			k, at := h.models[n-1].known[name], t.Models[n-1].Attribute(name)
			in := soak.Input{Fact: k.fact, Texts: h.texts[k.form], Needed: !at.Optional}
			if at.Value.Kind == definition.Struct {
				in.Shape = shapeOf(at.Value, []definition.Value{at.Value})
			}
			given.Inputs = append(given.Inputs, in)
		}
		out.Given = append(out.Given, given)
	}
	return out
}

// computes reports whether creation computes a field that it is not given.
func computes(t *definition.Type, field string) bool {
	for i := 1; i < t.Write; i++ {
		for _, c := range t.Models[i].Computed {
			dropped := func(input string) bool {
				_, kept := t.NameAt(input, i, t.Write)
				return !kept
			}
			if made, kept := t.NameAt(c.Name, i+1, t.Write); kept && made == field && !slices.ContainsFunc(c.Inputs, dropped) {
				return true
			}
		}
	}
	return false
}
