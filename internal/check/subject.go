package check

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
	"github.com/esogen/esogen/internal/spec"
)

// subject is one type under judgement: as it is, and as the releases had it.
type subject struct {
	p    *Project
	name string
	now  *definition.Type // nil where the specs do not have it any more

	// before are the releases that have the type, oldest first.
	before []held

	// beside is the live release that the new one is judged beside: each of them
	// in turn, and the newest for what is asked once. It is nil where none is
	// live. running is the type as that release has it: nil where it does not
	// have the type, or has retired it.
	beside  *baseline.Release
	running *definition.Type

	// stuck are the attributes about which a promise breaks also where the
	// model was announced first.
	stuck map[string]bool

	findings []Finding
}

// held is the type as one release has it.
type held struct {
	release string
	*definition.Type
}

// subjects returns the types that the specs or a release have. A type that has
// errors is left out: nothing can be said about it yet.
func (p *Project) subjects() []*subject {
	byName := map[string]*subject{}
	for _, t := range p.Specs.Types {
		byName[t.Name] = &subject{p: p, name: t.Name, now: t}
	}
	for i := range p.Releases {
		r := &p.Releases[i]
		for _, t := range r.Types {
			s := byName[t.Name]
			if s == nil {
				if !p.complete() || slices.Contains(p.Specs.Broken, t.Name) {
					continue
				}
				s = &subject{p: p, name: t.Name}
				byName[t.Name] = s
			}
			s.before = append(s.before, held{r.Name, t})
		}
	}
	for _, s := range byName {
		if releases := p.live(); len(releases) > 0 {
			s.stand(releases[0])
		}
	}
	return slices.SortedFunc(maps.Values(byName), func(a, b *subject) int { return cmp.Compare(a.name, b.name) })
}

// complete tells whether the specs name all of their types. A file that cannot
// be read may hold any of them.
func (p *Project) complete() bool {
	return !slices.ContainsFunc(p.Specs.Diagnostics, func(d spec.Diagnostic) bool { return d.Severity == definition.Error && d.Type == "" })
}

// live returns the live releases, the newest first.
func (p *Project) live() []*baseline.Release {
	var releases []*baseline.Release
	for i := range slices.Backward(p.Releases) {
		if p.Releases[i].Role == baseline.Live {
			releases = append(releases, &p.Releases[i])
		}
	}
	return releases
}

// stand puts the new release beside a live one.
func (s *subject) stand(beside *baseline.Release) {
	s.beside, s.running, s.stuck = beside, nil, nil
	if t := beside.Type(s.name); t.Live() {
		s.running = t
	}
}

// judge finds everything that is to be said about the change of a type.
func (s *subject) judge(ctx context.Context) error {
	if len(s.before) == 0 {
		return s.rollouts(ctx) // new: no document of it is anywhere, and its models are a chain all the same
	}
	s.history()
	if s.now == nil {
		return nil
	}
	s.secrets()
	return s.pairs(ctx)
}

// pairs plays the new release beside each live one. Releases that have the type
// alike are played once, under the name of the newest.
func (s *subject) pairs(ctx context.Context) error {
	releases := s.p.live()
	if len(releases) == 0 {
		return s.rollouts(ctx)
	}
	var played []*definition.Type
	for _, beside := range releases {
		t := beside.Type(s.name)
		same, err := containsAlike(played, t)
		if err != nil {
			return err
		}
		if same {
			continue
		}
		played = append(played, t)
		s.stand(beside)
		if err := s.rollouts(ctx); err != nil {
			return err
		}
	}
	s.stand(releases[0])
	return nil
}

// containsAlike reports whether a type is among others, to the last comment and
// exception. Releases of a ledger mostly share what did not change.
func containsAlike(types []*definition.Type, t *definition.Type) (bool, error) {
	for _, other := range types {
		if other == t {
			return true, nil
		}
		if other == nil || t == nil {
			continue
		}
		a, err := golden.Marshal(other)
		if err != nil {
			return false, err
		}
		b, err := golden.Marshal(t)
		if err != nil || bytes.Equal(a, b) {
			return err == nil, err
		}
	}
	return false, nil
}

// at is what a finding is about.
type at struct {
	attribute string
	model     int
	path      definition.Path
	baseline  string
}

// report adds a finding of a rule. The message is formatted; so is the hint,
// where it is not that of the rule.
func (s *subject) report(id string, where at, message, hint string) *Finding {
	rule := Lookup(id)
	f := Finding{
		Rule: rule.ID, Severity: rule.Severity, Type: s.name, Attribute: where.attribute, Model: where.model,
		Message: message, Hint: hint, Baseline: where.baseline, Trace: []string{}, Docs: rule.Docs(),
	}
	if s.now != nil {
		position := s.p.Specs.Position(s.now, where.path)
		f.File, f.Line, f.Column = position.File, position.Line, position.Column
	}
	s.findings = append(s.findings, f)
	return &s.findings[len(s.findings)-1]
}

// runningName is the release that the new one is judged beside, "" where none
// is live.
func (s *subject) runningName() string {
	if s.beside == nil {
		return ""
	}
	return s.beside.Name
}

// inModel is the path of something in a model.
func inModel(number int, path ...string) definition.Path {
	return append(definition.Path{"models", strconv.Itoa(number)}, path...)
}

// inSet is the path of a name in a set of a model, or of the model where it
// inherits the set.
func inSet(m *definition.Model, key, name string) definition.Path {
	names := m.Encrypted
	if key == "aad" {
		names = m.AAD
	}
	if i := slices.Index(names, name); i >= 0 {
		return inModel(m.Number, key, strconv.Itoa(i))
	}
	return inModel(m.Number, key)
}

func released(release string) string { return fmt.Sprintf("release %q", release) }
