package soak_test

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout"
	"github.com/esogen/esogen/internal/rollout/soak"
)

// history is a case that was drawn: its releases as rollout takes them, and the
// drawing.
type history struct {
	*drawing
	releases []rollout.Release
}

// drawHistory draws a history that specs can declare.
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

// story returns what the program needs to know of a history.
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
				Name: f.Name, GoName: f.FieldName(), Fact: k.fact, Texts: h.texts[k.encoding], Default: soak.Absent,
				Secret: f.Secret, Exposed: slices.Contains(t.Exposes, f.Name), Pointer: f.Pointer, Optional: f.Optional,
				Required: f.Required, Dropped: f.Dropped, Patchable: f.Patchable, Unset: f.Optional && !f.Required,
				Computed: computes(t, f.Name),
			}
			if f.Value.Kind == definition.Struct {
				field.Shape = shapeOf(f.Value, f.Narrow)
			}
			for sample, text := range field.Texts {
				if field.Shape == nil && slices.Index(field.Texts, text) == sample && h.mayWrite(t, f, k, sample) {
					field.Writes = append(field.Writes, sample)
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

// mayWrite reports whether a release may write a sample: each model that it writes
// or announces takes it.
func (h *history) mayWrite(t *definition.Type, f definition.Field, k known, sample int) bool {
	for _, v := range f.Narrow {
		if definition.Conform(v, h.texts[k.encoding][sample]) != nil {
			return false
		}
	}
	for _, m := range t.Announced() {
		for name, at := range h.models[m.Number-1].known {
			if at.fact == k.fact && definition.Conform(m.Attribute(name).Value, h.texts[at.encoding][sample]) != nil {
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
		out.Given = append(out.Given, soak.Given{Fact: k.fact, Sample: slices.Index(h.texts[k.encoding], b.Value)})
	}
	for _, computed := range m.Computed {
		k := d.known[computed.Name]
		given := soak.Given{Fact: k.fact, Gives: d.computed[computed.Name], Texts: h.texts[k.encoding]}
		for _, name := range computed.Inputs {
			k, at := h.models[n-1].known[name], t.Models[n-1].Attribute(name)
			in := soak.Input{Fact: k.fact, Texts: h.texts[k.encoding], Needed: !at.Optional}
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
