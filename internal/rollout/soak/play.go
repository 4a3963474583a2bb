package soak

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	eso "github.com/esogen/esogen/runtime"
)

// Play plays that many sequences of a case, and returns what they have shown of
// each release after the first. Where the verdict on a release was that it is
// not safe, later ones find no documents that both have written: such a history
// is no longer one that esogen answers for. Those begin with a creation by any
// release before.
func Play(ctx context.Context, c *Case, packages []*Package, sequences int, seed uint64) []Result {
	results := make([]Result, len(c.Releases))
	for last := 1; last < len(c.Releases); last++ {
		r := &results[last]
		r.Case, r.Release = c.Name, last
		settled := true // every release before could live with those before it
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
	truth    []int      // by fact: the token that was written last
	computed []function // of all releases, in the order of models
	made     []string   // texts of nested values, by token beyond those of the case
	rotated  bool
	told     []string
	loss     *Loss
}

// play has a document created, and live releases work on it. The last two
// releases are live at the end; where the history is settled, those before have
// had it too, two at a time.
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

// scan is what a person has confirmed before a release no longer opens models
// that it did: that no document is below the oldest one. Those which the running
// release can migrate are migrated. It returns false where the document cannot
// be there any more.
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

// create has a release create the document. It returns false where no value
// fits a field.
func (g *game) create(by int) bool {
	r := &g.Releases[by]
	values := map[string]string{}
	tokens := map[int]int{}
	for i := range r.Fields {
		f := &r.Fields[i]
		absent := f.Computed || f.Pointer && (f.Default != Absent || f.Optional && !f.Required)
		if absent && g.IntN(2) == 0 {
			tokens[f.Fact] = f.Default
			continue
		}
		token, ok := g.value(f)
		if !ok {
			return false
		}
		text := g.text(f, token)
		if f.Computed && !f.Pointer && zero(decodeTree(text)) { // generated code leaves that to the function
			tokens[f.Fact] = f.Default
			continue
		}
		values[f.GoName], tokens[f.Fact] = text, token
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
	for fact, token := range tokens {
		g.truth[fact] = token
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
		if token, ok := g.compute(f, g.truth); ok && g.truth[f.Fact] == Absent && f.model <= r.Write && slices.ContainsFunc(r.Fields, creates) {
			g.truth[f.Fact] = token
		}
	}
	return true
}

// value draws what a release writes to a field.
func (g *game) value(f *Field) (token int, ok bool) {
	if f.Shape != nil {
		return g.token(f, f.Shape.Draw(g.Rand)), true
	}
	if len(f.Writes) == 0 {
		return 0, false
	}
	return f.Writes[g.IntN(len(f.Writes))], true
}

// token makes a token of the text of a nested value.
func (g *game) token(f *Field, text string) int {
	g.made = append(g.made, text)
	return len(f.Texts) + len(g.made) - 1
}

// whole returns the text of a token, with what a release has no name for.
func (g *game) whole(f *Field, token int) string {
	if token < len(f.Texts) {
		return f.Texts[token]
	}
	return g.made[token-len(f.Texts)]
}

// text returns the text of a token as a release shows it.
func (g *game) text(f *Field, token int) string {
	text := g.whole(f, token)
	if f.Shape != nil {
		return encode(f.Shape.known(decodeTree(text)))
	}
	return text
}

// turn has a release do something. It returns false where that was nothing.
func (g *game) turn(by int) bool {
	r, p := &g.Releases[by], g.packages[by]
	var doc eso.Document
	var err error
	changed := map[int]int{}
	switch op := g.IntN(9); op {
	case 0:
		g.migrate(by)
		return true
	case 1:
		if g.keys != during {
			g.keys = during
			g.told = append(g.told, "the new key becomes the primary one")
		}
		g.tell(by, "rotates")
		if doc, err = p.rotate(g.ctx, g.keys, g.doc); err == nil {
			g.rotated = true
		}
	case 2, 3, 4:
		w := g.change(r, changed, func(f *Field) bool { return f.Patchable })
		if w.none() || p.patch == nil {
			return false
		}
		g.tell(by, "patches %v", w)
		doc, err = p.patch(g.ctx, g.keys, g.doc, w)
		if errors.Is(err, eso.ErrInvalid) && g.unwritable(r, w) {
			g.told = g.told[:len(g.told)-1]
			return false
		}
	case 5:
		return g.forbidden(by)
	default:
		w := g.change(r, changed, func(*Field) bool { return true })
		if w.none() {
			return false
		}
		g.tell(by, "updates %v", w)
		doc, err = p.update(g.ctx, g.keys, g.doc, w)
	}
	g.swap(by, doc, err, changed)
	return true
}

func (g *game) migrate(by int) {
	g.tell(by, "migrates")
	doc, err := g.packages[by].migrate(g.ctx, g.keys, g.doc)
	g.swap(by, doc, err, nil)
}

// swap puts a document in the place of the one that it was made of.
func (g *game) swap(by int, doc eso.Document, err error, changed map[int]int) {
	if err != nil {
		g.lose(1, "%s: %v", g.told[len(g.told)-1], err)
		return
	}
	g.truth = g.raised(&g.Releases[by], g.truth, doc.Model)
	before := slices.Clone(g.truth)
	for fact, token := range changed {
		g.truth[fact] = token
	}
	g.follow(doc.Model, before, g.truth, changed)
	g.doc = doc
}

// change draws what a write does: one field, sometimes more.
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
				changed[f.Fact] = g.token(f, e.in(g.whole(f, g.view(r, f.Fact, r.Write))))
				continue
			}
		}
		token, ok := g.value(f)
		switch {
		case f.Unset && g.IntN(3) == 0:
			w.values[f.GoName], changed[f.Fact] = "", Absent
		case ok:
			w.values[f.GoName], changed[f.Fact] = g.text(f, token), token
		}
	}
	return w
}

// unwritable tells whether a patch holds a value that was read, and that the
// release could not have written: a patch is checked whole, unlike an update. It
// changes nothing then.
func (g *game) unwritable(r *Release, w writes) bool {
	for _, e := range w.edits {
		f := &r.Fields[slices.IndexFunc(r.Fields, func(f Field) bool { return f.GoName == e.goName })]
		if !f.Shape.writes(decodeTree(e.in(g.text(f, g.view(r, f.Fact, r.Write))))) {
			return true
		}
	}
	return false
}

// forbidden tries to unset a part that another release requires: generated code
// has to refuse it, although its Go type could do without. It changes nothing,
// and returns false.
func (g *game) forbidden(by int) bool {
	r := &g.Releases[by]
	for i := range r.Fields {
		f := &r.Fields[i]
		if f.Shape == nil || f.Dropped {
			continue
		}
		token := g.view(r, f.Fact, r.Write)
		if token == Absent {
			continue
		}
		there, _ := decodeTree(g.text(f, token)).(map[string]any)
		for _, p := range f.Shape.Parts {
			if _, ok := there[p.Name]; !ok || !p.Pointer || p.Optional {
				continue
			}
			e := edit{goName: f.GoName, way: []hop{{name: p.Name, goName: p.GoName}}}
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
	token := g.view(r, f.Fact, r.Write)
	if token == Absent {
		return edit{}, false
	}
	e, ok := f.Shape.drawEdit(g.Rand, decodeTree(g.text(f, token)), nil)
	e.goName = f.GoName
	return e, ok
}

// view returns the token of a fact as the release sees it at a model: the one
// that was written last, or what its steps give from the document's model on.
func (g *game) view(r *Release, fact, at int) int { return g.raised(r, g.truth, at)[fact] }

// holds checks the promises for a release.
func (g *game) holds(by int) {
	r, p := &g.Releases[by], g.packages[by]
	g.clear(r)
	keys := during
	if g.rotated {
		keys = after
	}
	opened, err := p.open(g.ctx, keys, g.doc)
	if err != nil {
		promise := 1
		if _, again := p.open(g.ctx, during, g.doc); again == nil {
			promise = 5
		}
		g.lose(promise, "%s does not open: %v", r.Name, err)
		return
	}
	read, err := p.read(g.ctx, during, g.doc)
	if err != nil {
		g.lose(1, "%s does not read: %v", r.Name, err)
		return
	}
	for i := range r.Fields {
		f := &r.Fields[i]
		got, shown := opened[f.GoName], read[f.GoName]
		if !g.excused(r, f) {
			want := ""
			if token := g.view(r, f.Fact, r.Write); token != Absent {
				want = g.text(f, token)
			}
			if got != want {
				g.lose(2, "%s shows %q as %q, and last was %q", r.Name, f.Name, brief(got), want)
			}
		}
		switch hidden := f.Secret && !f.Exposed; {
		case hidden && shown != "" && shown != "null" && shown != stripped:
			g.lose(3, "%s shows the secret %q in a normal read", r.Name, f.Name)
		case !hidden && shown != got:
			g.lose(2, "%s reads %q as %q, and opens it as %q", r.Name, f.Name, brief(shown), brief(got))
		}
	}
}

func brief(text string) string {
	if len(text) > 60 {
		return text[:60] + "..."
	}
	return text
}

// excused tells whether the document's model drops the field, as far as the
// release knows.
func (g *game) excused(r *Release, f *Field) bool {
	if g.doc.Model <= r.Write {
		return false
	}
	for n := r.Write + 1; n <= min(g.doc.Model, len(r.Models)); n++ {
		there := false
		for _, fact := range r.Models[n-1].Facts {
			there = there || fact == f.Fact
		}
		if !there {
			return true
		}
	}
	return false
}

// clear checks that what the document's model encrypts is not stored in the
// clear, under any name that a release has for it.
func (g *game) clear(r *Release) {
	if g.doc.Model > len(r.Models) {
		return
	}
	var stored map[string]json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(g.doc.Attributes)).Decode(&stored); err != nil {
		g.lose(1, "the document is no JSON: %v", err)
		return
	}
	m := &r.Models[g.doc.Model-1]
	secret := map[int]bool{}
	for _, name := range m.Encrypted {
		secret[m.Facts[name]] = true
	}
	for name, text := range stored {
		if string(text) == "null" || len(text) > 100 && !strings.ContainsAny(string(text), " {[") {
			continue
		}
		fact, ok := m.Facts[name]
		for i := 0; !ok && i < len(g.Releases) && !g.Releases[i].Gone; i++ {
			fact, ok = g.Releases[i].Models[g.Releases[i].Write-1].Facts[name]
		}
		if ok && secret[fact] {
			g.lose(3, "%q is stored in the clear, and model %d encrypts it", name, g.doc.Model)
		}
	}
}
