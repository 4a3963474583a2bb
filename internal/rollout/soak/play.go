package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	eso "github.com/esogen/esogen/runtime"
)

// Play plays that many sequences of a case, and returns the outcome for each release
// after the first. After a release that is not safe, no promise holds for documents
// that it and others wrote together: the sequences of later releases then begin
// with a document that one earlier release created.
func Play(ctx context.Context, c *Case, packages []*Package, sequences int, seed uint64) []Result {
	results := make([]Result, len(c.Releases))
	for last := 1; last < len(c.Releases); last++ {
		r := &results[last]
		r.Case, r.Release = c.Name, last
		settled := true // every release before was safe
		for i := 1; i < last; i++ {
			settled = settled && c.Releases[i].Safe
		}
		for n := range sequences {
			g := &game{
				computed: c.functions(), Case: c, packages: packages, ctx: ctx, keys: before,
				Rand: rand.New(rand.NewPCG(seed, uint64(last)<<32|uint64(n))),
				ref:  eso.Ref{Namespace: c.Namespace, Type: "thing", ID: "9b2f1c6a-3d4e-4f50-8a7b-0c1d2e3f4a5b"},
			}
			r.Sequences++
			g.play(last, settled)
			if g.loss == nil {
				continue
			}
			r.Broken++
			if r.Shortest == nil || len(g.loss.Sequence) < len(r.Shortest.Sequence) {
				r.Shortest = g.loss
			}
			if r.Broken == 100 { // there is nothing more to learn
				break
			}
		}
	}
	return results[1:]
}

// game is one sequence.
type game struct {
	*Case
	packages []*Package
	ctx      context.Context
	*rand.Rand

	ref      eso.Ref
	keys     eso.Keyring
	doc      eso.Document
	truth    []int      // by fact: the sample that was written last
	computed []function // of all releases, in the order of models
	made     []string   // texts of nested values, by sample beyond those of the case
	rotated  bool
	told     []string
	loss     *Loss
}

// play has a document created, and live releases work on it. The last two releases
// are live at the end; in a settled history, earlier ones work on it before, two at
// a time.
func (g *game) play(last int, settled bool) {
	first := g.IntN(last + 1)
	if g.Releases[first].Gone || !g.create(first) {
		return
	}
	next := last
	if settled {
		next = max(first, 1)
	}
	for ; next <= last && g.loss == nil; next++ {
		live := []int{next - 1, next}
		if g.Releases[next].Gone {
			live = live[:1]
		}
		if !slices.Contains(live, first) && !g.scan(live) {
			return
		}
		g.hold(live)
		for range 1 + g.IntN(6) {
			if g.loss == nil && g.turn(live[g.IntN(len(live))]) {
				g.hold(live)
			}
		}
	}
}

// scan does what a person confirms before a release raises the oldest model that
// it opens: no document is below that. The running release migrates what it can.
// scan reports false if the document cannot exist any more.
func (g *game) scan(live []int) bool {
	oldest := 1
	for _, r := range live {
		oldest = max(oldest, g.Releases[r].Oldest)
	}
	running := &g.Releases[live[0]]
	if g.doc.Model >= oldest {
		return true
	}
	if g.doc.Model < running.Oldest || running.Write < oldest {
		return false
	}
	g.migrate(live[0])
	return true
}

func (g *game) hold(live []int) {
	for _, r := range live {
		g.holds(r)
	}
}

// lose notes that a promise broke.
func (g *game) lose(promise int, format string, args ...any) {
	if g.loss != nil {
		return
	}
	g.loss = &Loss{Promise: promise, Message: fmt.Sprintf(format, args...), Sequence: g.told, Document: fmt.Sprintf("model %d %s", g.doc.Model, g.doc.Attributes)}
}

func (g *game) tell(by int, format string, args ...any) {
	g.told = append(g.told, g.Releases[by].Name+" "+fmt.Sprintf(format, args...))
}

// create has a release create the document. It reports false if no value fits a
// field.
func (g *game) create(by int) bool {
	r := &g.Releases[by]
	values := map[string]string{}
	samples := map[int]int{}
	for i := range r.Fields {
		f := &r.Fields[i]
		absent := f.Computed || f.Pointer && (f.Default != Absent || f.Optional && !f.Required)
		if absent && g.IntN(2) == 0 {
			samples[f.Fact] = f.Default
			continue
		}
		sample, ok := g.value(f)
		if !ok {
			return false
		}
		text := g.text(f, sample)
		if f.Computed && !f.Pointer && zero(decodeTree(text)) { // generated code leaves that to the function
			samples[f.Fact] = f.Default
			continue
		}
		values[f.GoName], samples[f.Fact] = text, sample
	}
	g.tell(by, "creates %v", values)
	doc, err := g.packages[by].seal(g.ctx, g.keys, g.ref, values)
	if err != nil {
		g.lose(1, "%s cannot create: %v", r.Name, err)
		return false
	}
	g.doc = doc
	facts := 0
	for _, r := range g.Releases {
		for _, m := range r.Models {
			for _, fact := range m.Facts {
				facts = max(facts, fact+1)
			}
		}
	}
	g.truth = slices.Repeat([]int{Absent}, facts)
	for fact, sample := range samples {
		g.truth[fact] = sample
	}
	for i := range r.Fields {
		if f := &r.Fields[i]; f.Computed && g.truth[f.Fact] == f.Default {
			if _, given := values[f.GoName]; !given {
				g.truth[f.Fact] = Absent
			}
		}
	}
	for i := range g.computed {
		f := &g.computed[i]
		creates := func(field Field) bool { return field.Fact == f.Fact && field.Computed }
		if sample, ok := g.compute(f, g.truth); ok && g.truth[f.Fact] == Absent && f.model <= r.Write && slices.ContainsFunc(r.Fields, creates) {
			g.truth[f.Fact] = sample
		}
	}
	return true
}

// value draws what a release writes to a field.
func (g *game) value(f *Field) (sample int, ok bool) {
	if f.Shape != nil {
		return g.sample(f, f.Shape.Draw(g.Rand)), true
	}
	if len(f.Writes) == 0 {
		return 0, false
	}
	return f.Writes[g.IntN(len(f.Writes))], true
}

// sample makes a sample of the text of a nested value.
func (g *game) sample(f *Field, text string) int {
	g.made = append(g.made, text)
	return len(f.Texts) + len(g.made) - 1
}

// whole returns the text of a sample, with parts that a release does not know.
func (g *game) whole(f *Field, sample int) string {
	if sample < len(f.Texts) {
		return f.Texts[sample]
	}
	return g.made[sample-len(f.Texts)]
}

// text returns the text of a sample as a release shows it.
func (g *game) text(f *Field, sample int) string {
	text := g.whole(f, sample)
	if f.Shape != nil {
		return encode(f.Shape.known(decodeTree(text)))
	}
	return text
}

// turn is something that a release may do with the document.
type turn struct {
	weight int
	take   func(g *game, by int) bool // false if that was nothing
}

// turns are all of them. A new operation of package rollout is written here a
// second time, with its effect on the memory.
var turns = []turn{
	{1, (*game).migrate},
	{1, (*game).rotate},
	{3, (*game).patch},
	{1, (*game).forbidden},
	{3, (*game).update},
}

// turn has a release do something. It reports false if that was nothing.
func (g *game) turn(by int) bool {
	all := 0
	for _, t := range turns {
		all += t.weight
	}
	n := g.IntN(all)
	for _, t := range turns {
		if n -= t.weight; n < 0 {
			return t.take(g, by)
		}
	}
	return false
}

func (g *game) migrate(by int) bool {
	g.tell(by, "migrates")
	doc, err := g.packages[by].migrate(g.ctx, g.keys, g.doc)
	g.swap(by, doc, err, nil)
	return true
}

func (g *game) rotate(by int) bool {
	if g.keys != during {
		g.keys = during
		g.told = append(g.told, "the new key becomes the primary one")
	}
	g.tell(by, "rotates")
	doc, err := g.packages[by].rotate(g.ctx, g.keys, g.doc)
	g.rotated = g.rotated || err == nil
	g.swap(by, doc, err, nil)
	return true
}

func (g *game) patch(by int) bool {
	r, p, changed := &g.Releases[by], g.packages[by], map[int]int{}
	w := g.change(r, changed, func(f *Field) bool { return f.Patchable })
	if w.none() || p.patch == nil {
		return false
	}
	g.tell(by, "patches %v", w)
	doc, err := p.patch(g.ctx, g.keys, g.doc, w)
	if errors.Is(err, eso.ErrInvalid) && g.unwritable(r, w) {
		g.told = g.told[:len(g.told)-1]
		return false
	}
	g.swap(by, doc, err, changed)
	return true
}

func (g *game) update(by int) bool {
	changed := map[int]int{}
	w := g.change(&g.Releases[by], changed, func(*Field) bool { return true })
	if w.none() {
		return false
	}
	g.tell(by, "updates %v", w)
	doc, err := g.packages[by].update(g.ctx, g.keys, g.doc, w)
	g.swap(by, doc, err, changed)
	return true
}

// swap replaces the document by what an operation made of it.
func (g *game) swap(by int, doc eso.Document, err error, changed map[int]int) {
	if err != nil {
		g.lose(1, "%s: %v", g.told[len(g.told)-1], err)
		return
	}
	g.truth = g.raised(&g.Releases[by], g.truth, doc.Model)
	before := slices.Clone(g.truth)
	for fact, sample := range changed {
		g.truth[fact] = sample
	}
	g.follow(doc.Model, before, g.truth, changed)
	g.doc = doc
}

// change draws what a write changes: one field, sometimes more.
func (g *game) change(r *Release, changed map[int]int, may func(*Field) bool) writes {
	w := writes{values: map[string]string{}}
	for range 1 + g.IntN(5)/3 {
		if len(r.Fields) == 0 {
			break
		}
		f := &r.Fields[g.IntN(len(r.Fields))]
		if _, twice := changed[f.Fact]; twice || f.Dropped || !may(f) {
			continue
		}
		if f.Shape != nil && g.IntN(3) > 0 {
			if e, ok := g.part(r, f); ok {
				w.edits = append(w.edits, e)
				changed[f.Fact] = g.sample(f, e.in(g.whole(f, g.view(r, f.Fact, r.Write))))
				continue
			}
		}
		sample, ok := g.value(f)
		switch {
		case f.Unset && g.IntN(3) == 0:
			w.values[f.GoName], changed[f.Fact] = "", Absent
		case ok:
			w.values[f.GoName], changed[f.Fact] = g.text(f, sample), sample
		}
	}
	return w
}

// unwritable reports whether a patch has a value that was read and that the release
// could not have written: unlike an update, a patch is checked as a whole. Then it
// fails and changes nothing.
func (g *game) unwritable(r *Release, w writes) bool {
	for _, e := range w.edits {
		f := &r.Fields[slices.IndexFunc(r.Fields, func(f Field) bool { return f.GoName == e.goName })]
		if !f.Shape.writes(decodeTree(e.in(g.text(f, g.view(r, f.Fact, r.Write))))) {
			return true
		}
	}
	return false
}

// forbidden tries to unset a part that another release requires: generated code must
// refuse it, although the Go type could lack the part. It changes nothing, and
// returns false.
func (g *game) forbidden(by int) bool {
	r := &g.Releases[by]
	for i := range r.Fields {
		f := &r.Fields[i]
		if f.Shape == nil || f.Dropped {
			continue
		}
		sample := g.view(r, f.Fact, r.Write)
		if sample == Absent {
			continue
		}
		there, _ := decodeTree(g.text(f, sample)).(map[string]any)
		for _, p := range f.Shape.Parts {
			if _, ok := there[p.Name]; !ok || !p.Pointer || p.Optional {
				continue
			}
			e := edit{goName: f.GoName, path: []hop{{name: p.Name, goName: p.GoName}}}
			if _, err := g.packages[by].update(g.ctx, g.keys, g.doc, writes{edits: []edit{e}}); err == nil {
				g.tell(by, "updates %v", e)
				g.lose(2, "%s may unset %q of %q, which another release requires", r.Name, p.Name, f.Name)
			}
		}
	}
	return false
}

// part draws a change of a part of what a release sees in a field.
func (g *game) part(r *Release, f *Field) (edit, bool) {
	sample := g.view(r, f.Fact, r.Write)
	if sample == Absent {
		return edit{}, false
	}
	e, ok := f.Shape.drawEdit(g.Rand, decodeTree(g.text(f, sample)), nil)
	e.goName = f.GoName
	return e, ok
}

// view returns the sample of a fact that the release sees at a model: the one that
// was written last, or else what the steps from the document's model on give.
func (g *game) view(r *Release, fact, at int) int { return g.raised(r, g.truth, at)[fact] }
