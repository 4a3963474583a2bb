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
	"github.com/esogen/esogen/internal/rollout"
	"github.com/esogen/esogen/internal/spec"
)

// typeChange is the change of one type: from what the releases have to what the
// specs have.
type typeChange struct {
	p *Project

	// pair is the new release beside a live one: beside each of them in turn, and
	// beside the newest for what is asked once.
	pair

	// before are the releases that have the type, oldest first.
	before []releasedType

	// unfixedByAnnouncing are the attributes about which a promise breaks even if
	// the model was announced first.
	unfixedByAnnouncing map[string]bool

	findings []Finding
}

// releasedType is a type as one release has it.
type releasedType struct {
	release string
	*definition.Type
}

// pair is the new release of a type and the live one that runs beside it, as
// the simulator plays them.
type pair struct {
	rollout.Case
	name    string           // of the type
	now     *definition.Type // nil if the specs no longer have it
	beside  string           // the live release, "" if none is
	running *definition.Type // as that release has it: nil if it does not have the type, or has retired it
}

func pairOf(name string, c rollout.Case) pair {
	p := pair{Case: c, name: name, now: c.New.Type}
	for _, r := range slices.Backward(c.History) {
		if r.Withdrawn {
			continue
		}
		p.beside = r.Name
		if r.Type.Live() {
			p.running = r.Type
		}
		break
	}
	return p
}

// changes judges each type, on all processors.
func (p *Project) changes(ctx context.Context) ([]Finding, error) {
	changes := p.typeChanges()
	err := onAllProcessors(ctx, len(changes), func(ctx context.Context, i int) error { return changes[i].judge(ctx) })
	var findings []Finding
	for _, c := range changes {
		findings = append(findings, c.findings...)
	}
	return findings, err
}

// typeChanges returns the types that the specs or a release have. A type that
// has errors is left out: nothing can be said about it yet.
func (p *Project) typeChanges() []*typeChange {
	byName := map[string]*typeChange{}
	now := map[string]*definition.Type{}
	for _, t := range p.Specs.Types {
		byName[t.Name], now[t.Name] = &typeChange{p: p}, t
	}
	for i := range p.Releases {
		r := &p.Releases[i]
		for _, t := range r.Types {
			c := byName[t.Name]
			if c == nil {
				if !p.complete() || slices.Contains(p.Specs.Broken, t.Name) {
					continue
				}
				c = &typeChange{p: p}
				byName[t.Name] = c
			}
			c.before = append(c.before, releasedType{r.Name, t})
		}
	}
	for name, c := range byName {
		c.name, c.now = name, now[name]
		var newest *baseline.Release
		if releases := p.live(); len(releases) > 0 {
			newest = releases[0]
		}
		c.stand(newest)
	}
	return slices.SortedFunc(maps.Values(byName), func(a, b *typeChange) int { return cmp.Compare(a.name, b.name) })
}

// complete reports whether the specs name all of their types. A file that cannot
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

// stand puts the new release beside a live one, or beside none. That one comes
// last; the others left documents, whether they are live or not.
func (c *typeChange) stand(beside *baseline.Release) {
	played := rollout.Case{New: rollout.Release{Type: c.now}}
	for i := range c.p.Releases {
		if r := &c.p.Releases[i]; r != beside {
			played.History = append(played.History, rollout.Release{Name: r.Name, Type: r.Type(c.name), Withdrawn: beside == nil || r.Role == baseline.Withdrawn})
		}
	}
	if beside != nil {
		played.History = append(played.History, rollout.Release{Name: beside.Name, Type: beside.Type(c.name)})
	}
	c.pair, c.unfixedByAnnouncing = pairOf(c.name, played), nil
}

// judge finds everything that there is to say about the change of a type.
func (c *typeChange) judge(ctx context.Context) error {
	for _, r := range catalogue {
		if r.ofChange != nil {
			r.ofChange(c, r)
		}
	}
	if c.now == nil {
		return nil
	}
	return c.rollouts(ctx)
}

// rollouts plays the new release beside each live one. Releases that have the
// type alike are played once, under the name of the newest. Without a live one
// it is played all the same: its models are a chain, and documents of earlier
// ones may be there.
func (c *typeChange) rollouts(ctx context.Context) error {
	releases := c.p.live()
	if len(releases) == 0 {
		return c.rollout(ctx)
	}
	var played []*definition.Type
	for _, beside := range releases {
		t := beside.Type(c.name)
		same, err := containsAlike(played, t)
		if err != nil {
			return err
		}
		if same {
			continue
		}
		played = append(played, t)
		c.stand(beside)
		if err := c.rollout(ctx); err != nil {
			return err
		}
	}
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

// report adds a finding of a rule.
func (c *typeChange) report(r *Rule, where at, message, hint string) *Finding {
	f := Finding{Type: c.name, Attribute: where.attribute, Model: where.model, Message: message, Hint: hint, Baseline: where.baseline}
	var position spec.Position
	if c.now != nil {
		position = c.p.Specs.Position(c.now, where.path)
	}
	c.findings = append(c.findings, r.finding(f, position))
	return &c.findings[len(c.findings)-1]
}

// reported returns a finding of a rule, the one beside the live release of the
// pair if there is one.
func (c *typeChange) reported(r *Rule) *Finding {
	var found *Finding
	for i := range c.findings {
		if f := &c.findings[i]; f.Rule == r.ID && (found == nil || f.Baseline == c.beside) {
			found = f
		}
	}
	return found
}

// inModel is the path of something in a model.
func inModel(number int, path ...string) definition.Path {
	return append(definition.Path{"models", strconv.Itoa(number)}, path...)
}

// inSet is the path of a name in a set of a model, or of the model if it
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
