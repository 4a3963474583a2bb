// Package plan finds the shortest sequence of releases that leads from the live
// ones to the specs, and whose every step the simulator of internal/rollout
// accepts. The first release must be safe beside each live one, and each later
// release beside the one before it; if one of them is not safe beside a release
// that is live today, the plan says that it must have ended by then.
//
// It searches, type by type and breadth first by the number of releases, over
// definitions that lie between: the models of the specs, all or some of them
// announced, with write, oldest and the settings of the type held back. What is
// safe is for the simulator to say; the package knows no kinds of changes. Each
// release of a way joins the history of the next step, for its documents stay.
//
// A change of several models may be taken apart between the models, never
// within one. Nothing is lost: a release that knows a model as a whole lives
// with one that writes it, so smaller models would only take more releases
// (TestRandom). What stays impossible, such as a declaration that older
// documents do not fit, is impossible in smaller steps, too. The one exception is
// about what products can do, not about what is lost: a model that removes what
// it computes from is split in two (Moved), if that gives a way.
//
// Ways of different types are independent of each other, so they are laid side
// by side: release i of the plan holds each type's stage i, or its last one.
package plan

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
	"github.com/esogen/esogen/internal/rollout"
)

// Case is what a plan is wanted for.
type Case struct {
	// History is the releases, oldest first, with their roles; see
	// [baseline.WithRoles]. If none is live, nothing runs beside the first release
	// of the plan; if there are none, one release is enough for anything.
	History []baseline.Release

	Target []*definition.Type // the current specs, resolved and without errors

	// Obstacles are, by type, what no sequence of releases gets around, since
	// it undoes what was released. No plan is searched for such a type.
	Obstacles map[string][]Obstacle

	Judge rollout.JudgeFunc // nil means rollout.Judge
}

// Obstacle is a reason why there is no plan.
type Obstacle struct {
	Rule    string // the rule of check that says so, or ""
	Message string // one sentence of fact
	Decide  string // what a person must decide or do
	Trace   []string

	// Finding is what the simulator found, nil if it was not asked.
	Finding *rollout.Finding
}

// Plan is the way, or why there is none.
type Plan struct {
	Live   []string // the live releases, oldest first
	Types  []Type   // that the specs change, by name
	target []*definition.Type
}

// Type is the way of one type.
type Type struct {
	Name string

	// Running is what the newest live release has, nil if it does not have
	// the type.
	Running *definition.Type

	// Stages are the definitions to release one after the other. The last one
	// is that of the specs, but for what was moved. There are none if there
	// is no way.
	Stages []Stage

	// Moved are the attributes that a later model removes than the specs say.
	Moved []Moved

	// Why is what breaks when the specs are released in one step, nil where
	// that is safe.
	Why *rollout.Finding

	// Blocked is why there is no way, empty if there is one.
	Blocked []Obstacle
}

// Stage is what one release ships for a type.
type Stage struct {
	Type       *definition.Type
	Conditions []rollout.Condition // what the simulator took for granted
	Complete   bool                // the simulator saw every state

	// Ended are live releases of today that must not be live any more when the
	// stage ships. The newest is not among them: the first stage takes its place.
	Ended []string
}

// Possible reports whether there is a plan.
func (p *Plan) Possible() bool {
	return !slices.ContainsFunc(p.Types, func(t Type) bool { return len(t.Blocked) > 0 })
}

// Releases is how many releases the plan takes, 0 if there is nothing to do.
func (p *Plan) Releases() int {
	n := 0
	for i := range p.Types {
		n = max(n, len(p.Types[i].Stages))
	}
	return n
}

// Release returns what release number i, from 1, ships: all types, by name.
// Those without a way are as the specs have them.
func (p *Plan) Release(i int) []*definition.Type {
	out := slices.Clone(p.target)
	for k := range p.Types {
		stage := p.Types[k].Stage(i)
		if stage == nil {
			continue
		}
		if at := slices.IndexFunc(out, func(t *definition.Type) bool { return t.Name == stage.Type.Name }); at >= 0 {
			out[at] = stage.Type
		}
	}
	return out
}

// Stage returns what release number i ships of the type, nil if there is no
// way.
func (t *Type) Stage(i int) *Stage {
	if len(t.Stages) == 0 {
		return nil
	}
	return &t.Stages[min(i, len(t.Stages))-1]
}

// Before returns what runs when release number i comes, nil if the type is
// not there.
func (t *Type) Before(i int) *definition.Type {
	if i == 1 {
		return t.Running
	}
	return t.Stage(i - 1).Type
}

// Make searches for a plan, the types on all processors. It depends on nothing
// but the case. The error is that of the context, or of a case that cannot be
// played.
func Make(ctx context.Context, c Case) (*Plan, error) {
	if c.Judge == nil {
		c.Judge = rollout.Judge
	}
	c.History = baseline.WithRoles(c.History)
	p := &Plan{target: slices.Clone(c.Target)}
	var newest *baseline.Release
	for i := range c.History {
		if r := &c.History[i]; r.Role == baseline.Live {
			p.Live, newest = append(p.Live, r.Name), r
		}
	}
	types := map[string]*Type{}
	for _, t := range c.Target {
		way := &Type{Name: t.Name}
		if newest != nil {
			way.Running = newest.Type(t.Name)
		}
		same, err := equal(way.Running, t)
		if err != nil {
			return nil, err
		}
		if !same {
			types[t.Name] = way
		}
	}
	for name, obstacles := range c.Obstacles {
		if len(obstacles) > 0 {
			types[name] = &Type{Name: name, Blocked: obstacles}
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, t := range c.Target {
		way := types[t.Name]
		if way == nil || len(way.Blocked) > 0 {
			continue
		}
		group.Go(func() error { return way.search(ctx, c, t) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(types)) {
		p.Types = append(p.Types, *types[name])
	}
	slices.SortFunc(p.target, func(a, b *definition.Type) int { return cmp.Compare(a.Name, b.Name) })
	return p, nil
}

// equal reports whether two definitions are the same to the last comment.
func equal(a, b *definition.Type) (bool, error) {
	if a == nil || b == nil {
		return a == b, nil
	}
	if a == b {
		return true, nil
	}
	before, err := golden.Marshal(a)
	if err != nil {
		return false, err
	}
	after, err := golden.Marshal(b)
	return bytes.Equal(before, after), err
}

// Held says in what a stage differs from the specs, as they would say it:
// "write: 1". It is empty if the stage is the current specs.
func (t *Type) Held(i int) []string {
	stage := t.Stage(i)
	if stage == nil {
		return nil
	}
	s, target := stage.Type, t.Stages[len(t.Stages)-1].Type
	var held []string
	models := len(target.Models) // of the specs
	if len(t.Moved) > 0 {
		models--
	}
	switch missing := models - len(s.Models); {
	case missing == 1:
		held = append(held, fmt.Sprintf("without model %d", models))
	case missing > 1:
		held = append(held, fmt.Sprintf("without models %d to %d", len(s.Models)+1, models))
	}
	held = append(held, t.heldRemovals(s)...)
	for _, setting := range differing(s, target) {
		held = append(held, setting.key+": "+setting.value)
	}
	return held
}

// setting is a line of a spec.
type setting struct{ key, value string }

// differing returns the settings of a stage that are not those of the specs.
func differing(stage, target *definition.Type) []setting {
	var out []setting
	if stage.Write != target.Write {
		out = append(out, setting{"write", strconv.Itoa(stage.Write)})
	}
	if stage.Oldest != target.Oldest {
		out = append(out, setting{"oldest", strconv.Itoa(stage.Oldest)})
	}
	if stage.RandomID != target.RandomID {
		out = append(out, setting{"randomID", strconv.FormatBool(stage.RandomID)})
	}
	if !slices.Equal(stage.Exposes, target.Exposes) {
		quoted := make([]string, len(stage.Exposes))
		for i, name := range stage.Exposes {
			quoted[i] = quote(name)
		}
		out = append(out, setting{"exposes", "[" + strings.Join(quoted, ", ") + "]"})
	}
	return out
}
