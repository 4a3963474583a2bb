package rollout

import (
	"iter"
	"slices"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/runtime/esotest"
)

// step is an operation that a release does.
type step struct {
	by     *player
	op     op
	change change          // of an update or a patch
	given  *esotest.Object // to a create
}

type op string

const (
	opCreate  op = "create"
	opUpdate  op = "update"
	opPatch   op = "patch"
	opMigrate op = "migrate"
	opRotate  op = "rotate"
	opOpen    op = "open"
	opRead    op = "read"
)

// creations returns the creates of a release: every pattern of presence and
// null of the varied attributes, and every value that matters; the others are
// there. Of the first attributes they vary first. There may be very many.
func (p *play) creations(pl *player) iter.Seq[step] {
	choices := make([][]string, len(pl.fields))
	for i := range pl.fields {
		choices[i] = p.choices(pl, &pl.fields[i])
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
					o.Set(pl.fields[i].Name, text)
				}
			}
			if !yield(step{by: pl, op: opCreate, given: o}) {
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

// choices returns what a create may give a field; "" leaves it out, and has it
// computed where there is a function. What no release could write in common is
// left out.
func (p *play) choices(pl *player, f *field) []string {
	var texts []string
	if !f.varied {
		if pl.computes(f) {
			return []string{""}
		}
		for _, token := range f.writes[:min(1, len(f.writes))] {
			texts = append(texts, p.text(f, token))
		}
		return texts
	}
	if !f.Required || f.Default != "" || pl.computes(f) {
		texts = append(texts, "")
	}
	return append(texts, p.distinct(f)...)
}

// distinct returns texts that a release may write to a field, one of each kind
// that a signature tells apart.
func (p *play) distinct(f *field) []string {
	var texts, marks []string
	for _, token := range f.writes {
		if mark := p.tokens[f.fact].marks[token]; !slices.Contains(marks, mark) {
			marks = append(marks, mark)
			texts = append(texts, p.text(f, token))
		}
	}
	return texts
}

func (p *play) text(f *field, token int) string { return p.tokens[f.fact].text(f.place, token) }

// moves returns what a release may do with a document.
func (p *play) moves(pl *player, s *state) []step {
	var moves []step
	if s.doc.Model < pl.typ.Write {
		moves = append(moves, step{by: pl, op: opMigrate})
	}
	moves = append(moves, step{by: pl, op: opRotate})
	for i := range pl.fields {
		f := &pl.fields[i]
		if f.Dropped || !f.varied && pl.computes(f) && p.byHand(s) {
			continue // one that is set by hand on the way to others is enough
		}
		for _, c := range p.changes(f, s) {
			c.field = i
			if f.varied || p.telling(pl, f, s) {
				moves = append(moves, step{by: pl, op: opUpdate, change: c})
			}
			if f.Patchable {
				moves = append(moves, step{by: pl, op: opPatch, change: c})
			}
		}
	}
	return moves
}

// changes returns the changes of a field that are worth trying: of the whole
// value, and of the parts of a nested one.
func (p *play) changes(f *field, s *state) []change {
	var changes []change
	for _, text := range p.writes(f, s) {
		changes = append(changes, change{text: text})
	}
	if token := s.truth[f.fact]; p.tokens[f.fact].nested && token != absent {
		changes = append(changes, p.edits(f, token)...)
	}
	return changes
}

// telling tells whether an update of an attribute that only stands for others
// is worth trying. One of a bound attribute seals every secret, as one of a
// secret does; and a patch of a plain one is tried beside it, unless that
// becomes an update.
func (p *play) telling(pl *player, f *field, s *state) bool {
	if p.tokens[f.fact].feeds {
		return true // something is computed from it
	}
	switch f.Role {
	case definition.Bound:
		return true
	case definition.Encrypted:
		return !slices.ContainsFunc(pl.fields, func(other field) bool { return other.Role == definition.Bound && !other.varied })
	default:
		return s.doc.Model < pl.typ.Write || !f.Patchable
	}
}

// writes returns what a release may write to a field of a document: another
// value than the last one, one of each kind, or nothing.
func (p *play) writes(f *field, s *state) []string {
	var texts, marks []string
	last := s.truth[f.fact]
	t := p.tokens[f.fact]
	tokens := f.writes
	if t.feeds { // first what changes that which is computed from it
		tokens = slices.Clone(tokens)
		other := func(token int) int {
			if t.isUpper(token) == t.isUpper(last) {
				return 1
			}
			return 0
		}
		slices.SortStableFunc(tokens, func(a, b int) int { return other(a) - other(b) })
	}
	for _, token := range tokens {
		if token == last || t.null(token) && !f.varied || slices.Contains(marks, t.marks[token]) {
			continue
		}
		marks = append(marks, t.marks[token])
		texts = append(texts, p.text(f, token))
	}
	if f.varied && !f.Required && last != absent {
		texts = append(texts, "")
	}
	return texts
}
