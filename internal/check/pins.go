package check

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
)

// pins finds what the functions of released models gave, and give no more: the
// golden files have another output, or none, where a release or the merge base
// pinned one.
func (p *Project) pins() ([]Finding, error) {
	if p.Golden == nil {
		return nil, nil
	}
	var findings []Finding
	for _, t := range p.Specs.Types {
		if t.Retired || slices.Contains(p.Specs.Broken, t.Name) {
			continue
		}
		file := golden.PinsPath(t)
		now, err := pinsIn(p.Golden, file, t)
		if err != nil {
			return nil, err
		}
		pinned, err := p.pinned(t, file)
		if err != nil {
			return nil, err
		}
		findings = append(findings, p.comparePins(t, now, pinned)...)
	}
	return findings, nil
}

// pinned is a pin of an earlier version.
type pinned struct{ hash, baseline string }

// pinned returns what the releases pinned of a type, and the merge base of the
// models that they have. What the newest release says counts.
func (p *Project) pinned(t *definition.Type, file string) (map[string]pinned, error) {
	found := map[string]pinned{}
	held, _ := p.shipped(t.Name)
	if p.MergeBaseGolden != nil && held.Type != nil {
		before, err := pinsIn(p.MergeBaseGolden, file, t)
		if err != nil {
			return nil, err
		}
		for name, hash := range before.Hashes(len(held.Type.Models)) {
			found[name] = pinned{hash, p.mergeBaseName()}
		}
	}
	for i := range p.Releases {
		if p.Releases[i].Type(t.Name) == nil {
			continue // it does not count as released
		}
		for name, hash := range p.Releases[i].Pins {
			if typ, _, ok := golden.PinnedFunction(name); ok && typ == t.Name {
				found[name] = pinned{hash, p.Releases[i].Name}
			}
		}
	}
	return found, nil
}

func pinsIn(dir fs.FS, file string, t *definition.Type) (*golden.Pins, error) {
	data, err := fs.ReadFile(dir, file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return golden.ReadPins(t, data), nil
}

// comparePins reports each function once, with the first pin that differs.
func (p *Project) comparePins(t *definition.Type, now *golden.Pins, before map[string]pinned) []Finding {
	lines := map[string]golden.PinLine{}
	for _, l := range now.Lines {
		if have, twice := lines[l.Name]; !twice || have.Hash == before[l.Name].hash {
			lines[l.Name] = l // two that contradict each other: the other one changed
		}
	}
	type about struct {
		golden.Function
		gone bool
	}
	counts := map[about]int{}
	first := map[about]Finding{}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		was := before[name]
		_, function, _ := golden.PinnedFunction(name)
		l, there := lines[name]
		if there && l.Hash == was.hash {
			continue
		}
		a := about{function, !there}
		counts[a]++
		if counts[a] > 1 {
			continue
		}
		f := p.aboutFile("history/pin-changed", golden.PinsPath(t), was.baseline)
		f.Type, f.Attribute, f.Model = t.Name, function.Attribute, function.Model
		if there {
			f.Line, f.Column = l.Number, 1
		}
		first[a] = f
	}
	var findings []Finding
	for a, f := range first {
		who := fmt.Sprintf("%q", f.Baseline)
		if slices.ContainsFunc(p.Releases, func(r baseline.Release) bool { return r.Name == f.Baseline }) {
			who = released(f.Baseline)
		}
		if a.gone {
			f.Message = fmt.Sprintf("%s lacks %s that %s has: what %s of %q gives", f.File, count(counts[a], "pin"), who, a.Function, t.Name)
		} else {
			f.Message = fmt.Sprintf("%s of %q is pinned to give something else than in %s, for %s", a.Function, t.Name, who, count(counts[a], "input"))
		}
		f.Hint = "put the function and its pins back as they were, and add a model instead: what it gave is in documents"
		findings = append(findings, f)
	}
	slices.SortFunc(findings, func(a, b Finding) int { return cmp.Or(compareFindings(a, b), cmp.Compare(a.Message, b.Message)) })
	return findings
}
