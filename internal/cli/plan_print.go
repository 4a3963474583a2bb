package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/diff"
	"github.com/esogen/esogen/internal/phrase"
	"github.com/esogen/esogen/internal/plan"
	"github.com/esogen/esogen/internal/report"
)

// printPlan answers whether the change is to be merged at once or in parts.
func (a *app) printPlan(p *planned) {
	switch n := p.Releases(); {
	case !p.Possible():
		a.printBlocked(p)
	case len(p.Types) == 0 && len(p.Live) == 0:
		fmt.Fprintln(a.out, "nothing is deployed, and the specs declare no type: there is nothing to do")
	case len(p.Types) == 0:
		fmt.Fprintf(a.out, "nothing to do: %q has what the specs declare\n", p.Live[len(p.Live)-1])
	case len(p.Live) == 0 && n == 1:
		fmt.Fprintln(a.out, "one release is enough: nothing is deployed")
	case n == 1:
		fmt.Fprintf(a.out, "one release is enough: these specs can be released beside %s\n", phrase.List(phrase.Quoted(p.Live)))
		a.printStages(p)
	default:
		to := "these specs"
		if p.moves() {
			to = "the specs with one model more"
		}
		fmt.Fprintf(a.out, "%d releases lead from %s to %s; merge each stage once the one before it has shipped\n", n, p.from(), to)
		a.printReasons(p)
		a.printMoved(p)
		a.printStages(p)
	}
	a.printRisks(p)
	a.printConfirm(p)
	if p.written != "" {
		fmt.Fprintln(a.out)
		for i := 1; i <= p.Releases(); i++ {
			fmt.Fprintf(a.out, "written: %s/%s\n", p.written, p.Directory(i))
		}
	}
}

// from names where a plan begins.
func (p *planned) from() string {
	if len(p.Live) == 0 {
		return "the documents that are there"
	}
	return phrase.List(phrase.Quoted(p.Live))
}

func (a *app) printReasons(p *planned) {
	fmt.Fprintln(a.out, "\none release is not enough; \"esogen check\" shows what would happen")
	for i := range p.Types {
		t := &p.Types[i]
		if t.Why == nil {
			continue
		}
		rule, message := p.reason(t.Name, t.Why)
		fmt.Fprintf(a.out, "  %s: %s%s\n", t.Name, message, bracketed(rule))
	}
}

// moves reports whether the plan ends with other models than the specs have.
func (p *planned) moves() bool {
	return slices.ContainsFunc(p.Types, func(t plan.Type) bool { return len(t.Moved) > 0 })
}

// printMoved says which models the specs of the plan have otherwise.
func (a *app) printMoved(p *planned) {
	if !p.moves() {
		return
	}
	fmt.Fprintln(a.out, "\nthe last release has a model more than the specs; take its specs in their place (esogen plan --write DIR)")
	for i := range p.Types {
		for _, m := range p.Types[i].Moved {
			fmt.Fprintf(a.out, "  %s: model %d computes %q from %q and removes %[4]q, so the release that announces it could neither change %[4]q nor see %[3]q: model %[5]d removes it instead, one release later\n",
				p.Types[i].Name, m.Model, m.Computed, m.Name, m.To)
		}
	}
}

func bracketed(rule string) string {
	if rule == "" {
		return ""
	}
	return " [" + rule + "]"
}

func (a *app) printStages(p *planned) {
	for i := 1; i <= p.Releases(); i++ {
		fmt.Fprintf(a.out, "\nstage %d\n", i)
		for k := range p.Types {
			t := &p.Types[k]
			if i > len(t.Stages) {
				continue // it has arrived
			}
			fmt.Fprintf(a.out, "  %s: %s\n", t.Name, specsOf(t, i))
			for _, c := range changesOf(t, i) {
				indent := "    "
				if c.Model > 0 && !heads(c.Kind) {
					indent = "      "
				}
				fmt.Fprintf(a.out, "%s%s\n", indent, c.Text)
			}
			stage := t.Stage(i)
			if len(stage.Ended) > 0 {
				fmt.Fprintf(a.out, "    before it: %s must run nowhere any more, and not be supported\n", phrase.List(phrase.Quoted(stage.Ended)))
			}
			for _, c := range stage.Conditions {
				fmt.Fprintf(a.out, "    make sure: %s\n", c.Message)
			}
			if !stage.Complete {
				fmt.Fprintln(a.out, "    the simulator ended before it had tried everything")
			}
		}
	}
	if p.Releases() > 1 {
		fmt.Fprintln(a.out, "\nfor each: esogen generate, esogen golden and a review; once it ships, \"esogen release NAME\", which the next one is checked against")
	}
}

// specsOf says what the specs of a release are.
func specsOf(t *plan.Type, i int) string {
	held := t.Held(i)
	if len(held) == 0 {
		return "the specs unchanged"
	}
	if strings.HasPrefix(held[0], "without") {
		return "the specs " + phrase.List(held)
	}
	return "the specs with " + phrase.List(held)
}

// changesOf compares a stage with the one before it.
func changesOf(t *plan.Type, i int) []diff.Change {
	var before []*definition.Type
	if b := t.Before(i); b != nil {
		before = append(before, b)
	}
	var changes []diff.Change
	for _, changed := range diff.Compare(before, []*definition.Type{t.Stage(i).Type}) {
		changes = append(changes, changed.Changes...)
	}
	return changes
}

func (a *app) printBlocked(p *planned) {
	fmt.Fprintf(a.out, "no sequence of releases leads from %s to these specs\n", p.from())
	for _, t := range p.blocked() {
		for _, o := range t.Blocked {
			fmt.Fprintf(a.out, "\n%s: %s%s\n", t.Name, o.Message, bracketed(o.Rule))
			for _, line := range o.Trace {
				if line != o.Message {
					fmt.Fprintf(a.out, "    %s\n", line)
				}
			}
			fmt.Fprintf(a.out, "  what to do: %s\n", o.Decide)
		}
	}
	if n := p.Releases(); n > 0 {
		fmt.Fprintf(a.out, "\nthe other types take %s\n", phrase.Count(n, "release"))
	}
}

// printRisks shows the exceptions without which the plan might be a longer one.
func (a *app) printRisks(p *planned) {
	if len(p.risks) == 0 {
		return
	}
	fmt.Fprintln(a.out, "\nexceptions of the spec accept what would be lost on the way; without them, the plan may take more releases")
	for _, e := range p.risks {
		fmt.Fprintf(a.out, "  %s: %s\n", e.Type, report.InForce(e))
	}
}

// printConfirm shows what no number of releases settles.
func (a *app) printConfirm(p *planned) {
	if len(p.confirm) == 0 {
		return
	}
	fmt.Fprintln(a.out, "\n\"esogen check\" asks for a person's word, in an exception of the spec")
	for _, f := range p.confirm {
		fmt.Fprintf(a.out, "  %s: %s%s\n", f.Type, f.Message, bracketed(f.Rule))
	}
}

// The plan as --json prints it. Every key is present.
type (
	planJSON struct {
		Possible bool          `json:"possible"`
		Running  string        `json:"running"` // the newest live release, "" if nothing is deployed
		Live     []string      `json:"live"`    // the live releases, oldest first
		Why      []reasonJSON  `json:"why"`     // one release is not enough
		Moved    []movedJSON   `json:"moved"`   // what another model removes than the specs say
		Stages   []stageJSON   `json:"stages"`
		Blocked  []blockedJSON `json:"blocked"`
		Confirm  []reasonJSON  `json:"confirm"`  // what needs an exception, whatever the plan
		Accepted []acceptJSON  `json:"accepted"` // exceptions that the plan counts on
		Written  string        `json:"written"`  // the directory, or ""
	}
	acceptJSON struct {
		Type      string `json:"type"`
		Rule      string `json:"rule"`
		Attribute string `json:"attribute"`
		Reason    string `json:"reason"`
		Until     string `json:"until"`
	}
	reasonJSON struct {
		Type    string   `json:"type"`
		Rule    string   `json:"rule"`
		Message string   `json:"message"`
		Trace   []string `json:"trace"`
	}
	movedJSON struct {
		Type      string `json:"type"`
		Attribute string `json:"attribute"`
		Computed  string `json:"computed"` // from the attribute
		Model     int    `json:"model"`    // that removes it in the specs
		To        int    `json:"to"`       // that removes it in the plan
	}
	blockedJSON struct {
		reasonJSON
		Decide string `json:"decide"`
	}
	stageJSON struct {
		Release   int             `json:"release"`
		Directory string          `json:"directory"`
		Types     []stageTypeJSON `json:"types"` // that change in it
	}
	stageTypeJSON struct {
		Type       string   `json:"type"`
		Models     int      `json:"models"`
		Write      int      `json:"write"`
		Oldest     int      `json:"oldest"`
		Held       []string `json:"held"` // how the specs of the stage differ from the current ones
		Changes    []string `json:"changes"`
		Conditions []string `json:"conditions"`
		Complete   bool     `json:"complete"`
		Ended      []string `json:"ended"` // live releases of today that must have ended before
	}
)

func (p *planned) json() planJSON {
	out := planJSON{
		Possible: p.Possible(), Live: notNil(p.Live), Written: p.written,
		Why: []reasonJSON{}, Moved: []movedJSON{}, Stages: []stageJSON{}, Blocked: []blockedJSON{}, Confirm: []reasonJSON{}, Accepted: []acceptJSON{},
	}
	if n := len(p.Live); n > 0 {
		out.Running = p.Live[n-1]
	}
	for i := range p.Types {
		t := &p.Types[i]
		if t.Why != nil {
			rule, message := p.reason(t.Name, t.Why)
			out.Why = append(out.Why, reasonJSON{t.Name, rule, message, notNil(t.Why.Lines)})
		}
		for _, m := range t.Moved {
			out.Moved = append(out.Moved, movedJSON{t.Name, m.Name, m.Computed, m.Model, m.To})
		}
		for _, o := range t.Blocked {
			out.Blocked = append(out.Blocked, blockedJSON{reasonJSON{t.Name, o.Rule, o.Message, notNil(o.Trace)}, o.Decide})
		}
	}
	for _, f := range p.confirm {
		out.Confirm = append(out.Confirm, reasonJSON{f.Type, f.Rule, f.Message, notNil(f.Trace)})
	}
	for _, e := range p.risks {
		out.Accepted = append(out.Accepted, acceptJSON{e.Type, e.Rule, e.Attribute, e.Reason, e.Until})
	}
	for i := 1; i <= p.Releases(); i++ {
		stage := stageJSON{Release: i, Directory: p.Directory(i), Types: []stageTypeJSON{}}
		for k := range p.Types {
			if t := &p.Types[k]; i <= len(t.Stages) {
				stage.Types = append(stage.Types, planStage(t, i))
			}
		}
		out.Stages = append(out.Stages, stage)
	}
	return out
}

func planStage(t *plan.Type, i int) stageTypeJSON {
	s := t.Stage(i)
	out := stageTypeJSON{
		Type: t.Name, Models: len(s.Type.Models), Write: s.Type.Write, Oldest: s.Type.Oldest, Complete: s.Complete,
		Held: notNil(t.Held(i)), Changes: []string{}, Conditions: []string{}, Ended: notNil(s.Ended),
	}
	for _, c := range changesOf(t, i) {
		out.Changes = append(out.Changes, c.Text)
	}
	for _, c := range s.Conditions {
		out.Conditions = append(out.Conditions, c.Message)
	}
	return out
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
