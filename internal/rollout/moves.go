package rollout

import (
	"iter"
	"slices"

	"github.com/esogen/esogen/runtime/esotest"
)

// step is an operation that a release does.
type step struct {
	by     *simRelease
	op     *op
	change change          // of an update or a patch
	given  *esotest.Object // to a create
}

// creations returns the creates of a release: the varied attributes absent, null
// and with each value that matters, in all combinations; the others have a value.
// The first attributes vary fastest. There may be very many.
func (p *search) creations(rel *simRelease) iter.Seq[step] {
	choices := make([][]string, len(rel.fields))
	for i := range rel.fields {
		choices[i] = p.choices(rel, &rel.fields[i])
	}
	return func(yield func(step) bool) {
		if slices.ContainsFunc(choices, func(texts []string) bool { return len(texts) == 0 }) {
			return
		}
		chosen := make([]int, len(choices))
		for {
			o := &esotest.Object{}
			for i, n := range chosen {
				if text := choices[i][n]; text != "" {
					o.Set(rel.fields[i].Name, text)
				}
			}
			if !yield(step{by: rel, op: opCreate, given: o}) {
				return
			}
			i := 0
			for ; i < len(chosen); i++ {
				if chosen[i]++; chosen[i] < len(choices[i]) {
					break
				}
				chosen[i] = 0
			}
			if i == len(chosen) {
				return
			}
		}
	}
}

// choices returns what a create may give a field; "" leaves it out, and lets a
// function compute it if there is one.
func (p *search) choices(rel *simRelease, f *field) []string {
	var texts []string
	if !f.varied {
		if rel.computes(f) {
			return []string{""}
		}
		for _, sample := range f.writes[:min(1, len(f.writes))] {
			texts = append(texts, p.text(f, sample))
		}
		return texts
	}
	if !f.Required || f.Default != "" || rel.computes(f) {
		texts = append(texts, "")
	}
	return append(texts, p.distinct(f)...)
}

// distinct returns texts that a release may write to a field, one of each class.
func (p *search) distinct(f *field) []string {
	var texts, classes []string
	for _, sample := range f.writes {
		if class := p.samples[f.fact].classes[sample]; !slices.Contains(classes, class) {
			classes = append(classes, class)
			texts = append(texts, p.text(f, sample))
		}
	}
	return texts
}

func (p *search) text(f *field, sample int) string { return p.samples[f.fact].text(f.place, sample) }

// moves returns what a release may do with a document.
func (p *search) moves(rel *simRelease, s *state) []step {
	var moves []step
	for _, o := range ops {
		if o.moves == nil {
			continue
		}
		for _, m := range o.moves(p, rel, s) {
			m.by, m.op = rel, o
			moves = append(moves, m)
		}
	}
	for i := range rel.fields {
		f := &rel.fields[i]
		if f.Dropped || !f.varied && rel.computes(f) && p.byHand(s) {
			continue // one intermediate value that is set by hand is enough
		}
		for _, c := range p.changes(f, s) {
			c.field = i
			for _, o := range ops {
				if o.writes != nil && o.writes(p, rel, f, s) {
					moves = append(moves, step{by: rel, op: o, change: c})
				}
			}
		}
	}
	return moves
}

// changes returns the changes of a field to try: of the whole value, and of the
// parts of a nested one.
func (p *search) changes(f *field, s *state) []change {
	var changes []change
	for _, text := range p.writes(f, s) {
		changes = append(changes, change{text: text})
	}
	if sample := s.truth[f.fact]; p.samples[f.fact].nested && sample != absent {
		changes = append(changes, p.edits(f, sample)...)
	}
	return changes
}

// writes returns what a release may write to a field of a document: a value other
// than the last one, one of each class, or nothing.
func (p *search) writes(f *field, s *state) []string {
	var texts, classes []string
	last := s.truth[f.fact]
	t := p.samples[f.fact]
	samples := f.writes
	if t.feeds { // first what changes that which is computed from it
		samples = slices.Clone(samples)
		other := func(sample int) int {
			if t.isUpper(sample) == t.isUpper(last) {
				return 1
			}
			return 0
		}
		slices.SortStableFunc(samples, func(a, b int) int { return other(a) - other(b) })
	}
	for _, sample := range samples {
		if sample == last || t.null(sample) && !f.varied || slices.Contains(classes, t.classes[sample]) {
			continue
		}
		classes = append(classes, t.classes[sample])
		texts = append(texts, p.text(f, sample))
	}
	if f.varied && !f.Required && last != absent {
		texts = append(texts, "")
	}
	return texts
}
