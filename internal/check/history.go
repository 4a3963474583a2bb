package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/esogen/esogen/internal/definition"
)

// history finds what the change makes of what was released.
func (s *subject) history() {
	last := s.before[len(s.before)-1]
	if s.now == nil {
		path, hint := at{baseline: last.release}, fmt.Sprintf("write %s: eso.#Type & {retired: true} if it is gone: documents of it may still be there, and its name stays taken", label(s.name))
		s.report("history/type-removed", path, fmt.Sprintf("%s has the type %q, and the specs do not", released(last.release), s.name), hint)
		return
	}
	if s.now.Retired {
		return // it was released, and it may go
	}
	for _, b := range s.before {
		if b.Retired {
			s.report("history/type-name-reused", at{baseline: b.release, path: nil},
				fmt.Sprintf("%s retired the type %q, and the specs have it again", released(b.release), s.name),
				"give the new type another name: documents of the old one may still be there")
			return
		}
	}
	s.models()
	s.oldest()
	s.written()
	s.several()
}

// models compares each model with the newest release that has it.
func (s *subject) models() {
	reused := s.reused()
	reported := map[string]bool{} // a change of a model is one of those after it, too
	for number := 1; number <= s.released(); number++ {
		b := s.holder(number)
		now := s.now.Model(number)
		if now == nil {
			s.report("history/model-deleted", at{model: number, baseline: b.release, path: definition.Path{"models"}},
				fmt.Sprintf("%s has model %d of %q, and the specs do not", released(b.release), number, s.name),
				"put it back: documents of it may be there; a model is never deleted, only followed by another")
			continue
		}
		for _, d := range compareModels(b.Model(number), now) {
			about := cmp.Or(d.attribute, d.text)
			if reported[about] || reused[d.attribute] {
				continue
			}
			reported[about] = true
			s.report("history/model-changed", at{d.attribute, number, d.path, b.release},
				fmt.Sprintf("model %d of %q is not as %s has it: %s", number, s.name, released(b.release), d.text),
				fmt.Sprintf("put it back as it was, and make the change in a model of its own: models: %q: {…}", fmt.Sprint(max(len(s.now.Models), s.released())+1)))
		}
	}
}

// released is the highest model that a release has.
func (s *subject) released() int {
	highest := 0
	for _, b := range s.before {
		highest = max(highest, len(b.Models))
	}
	return highest
}

// holder returns the newest release that has a model of that number.
func (s *subject) holder(number int) held {
	for _, b := range slices.Backward(s.before) {
		if b.Model(number) != nil {
			return b
		}
	}
	return held{}
}

// reused finds the names that a release did away with, and the specs use
// again. What the models of the specs themselves did away with is for the
// definition rules.
func (s *subject) reused() map[string]bool {
	found := map[string]bool{}
	for _, b := range slices.Backward(s.before) {
		for i := range b.Models {
			m := &b.Models[i]
			for _, name := range gone(m) {
				for number := m.Number; number <= len(s.now.Models) && !found[name]; number++ {
					now := s.now.Model(number)
					if now.Attribute(name) == nil {
						continue
					}
					found[name] = true
					s.report("history/attribute-name-reused", at{name, number, inModel(number, "attributes", name), b.release},
						fmt.Sprintf("model %d of %q in %s did away with %q, and model %d of the specs has it again", m.Number, s.name, released(b.release), name, number),
						"choose another name: older documents may still hold what it was")
				}
			}
		}
	}
	return found
}

// gone returns the names that a model does away with.
func gone(m *definition.Model) []string {
	names := slices.Clone(m.Removed)
	for _, r := range m.Renamed {
		names = append(names, r.Old)
	}
	return names
}

// oldest refuses to stop reading what a live release still writes.
func (s *subject) oldest() {
	for _, r := range s.p.live() {
		t := r.Type(s.name)
		if !t.Live() || s.now.Oldest <= t.Write {
			continue
		}
		s.report("history/oldest-above-live", at{"", s.now.Oldest, definition.Path{"oldest"}, r.Name},
			fmt.Sprintf("%q opens no document below model %d, and %s writes model %d", s.name, s.now.Oldest, released(r.Name), t.Write),
			fmt.Sprintf("leave oldest at %d until every live release writes model %d", min(t.Oldest, t.Write), s.now.Oldest))
	}
}

// written refuses to write an older model than a live release again.
func (s *subject) written() {
	var highest *definition.Type
	var by string
	for _, r := range s.p.live() {
		if t := r.Type(s.name); t.Live() && (highest == nil || t.Write > highest.Write) {
			highest, by = t, r.Name
		}
	}
	if highest != nil && s.now.Write < highest.Write {
		s.report("history/write-moved-back", at{"", s.now.Write, definition.Path{"write"}, by},
			fmt.Sprintf("%q writes model %d, and %s writes model %d", s.name, s.now.Write, released(by), highest.Write),
			fmt.Sprintf("write: %d; to undo a model, add another one behind it", highest.Write))
	}
}

// several warns of a change that adds more than one model. Models that the
// default branch has already came with another change.
func (s *subject) several() {
	if s.running == nil {
		return
	}
	known := len(s.running.Models)
	if base := s.p.MergeBase.Type(s.name); base != nil {
		known = max(known, len(base.Models))
	}
	if added := len(s.now.Models) - known; added > 1 {
		s.report("history/several-models", at{"", known + 2, inModel(known + 2), s.runningName()},
			fmt.Sprintf("the change adds %d models to %q, from %d to %d", added, s.name, known+1, known+added),
			"make one model of them, unless they are meant to be written by different releases")
	}
}
