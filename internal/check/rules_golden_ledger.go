package check

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/files"
	"github.com/esogen/esogen/internal/golden"
	"github.com/esogen/esogen/internal/phrase"
	"github.com/esogen/esogen/internal/spec"
)

// ledgerChanged compares the files of the ledger with those of the merge base,
// apart from the list of supported releases, which changes. What is gone is one
// finding: it went for one reason.
func ledgerChanged(p *Project, r *Rule) ([]Finding, error) {
	if p.MergeBaseGolden == nil || p.Golden == nil {
		return nil, nil
	}
	base := p.mergeBaseName()
	about := func(file, message string) Finding {
		release := ""
		if isEntry(file) {
			release = strings.TrimSuffix(path.Base(file), ".json")
		}
		return p.inGolden(r, file, 0, Finding{
			Baseline: release, Message: message, Hint: fmt.Sprintf("restore it: git checkout %s -- %s", base, p.goldenFile(file)),
		})
	}
	var findings []Finding
	var gone []string
	entries := 0
	err := fs.WalkDir(p.MergeBaseGolden, baseline.LedgerPath, func(file string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil || d.IsDir() || path.Ext(file) != ".json":
			return err
		}
		before, err := fs.ReadFile(p.MergeBaseGolden, file)
		if err != nil {
			return err
		}
		if isEntry(file) {
			entries++
		}
		now, err := fs.ReadFile(p.Golden, file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			gone = append(gone, file)
		case err != nil:
			return err
		case !bytes.Equal(unnumbered(before), unnumbered(now)):
			findings = append(findings, about(file, fmt.Sprintf("%s is not as %q has it", ledgerFile(file), base)))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if missing := slices.DeleteFunc(slices.Clone(gone), func(file string) bool { return !isEntry(file) }); len(missing) > 0 {
		gone = missing // without them, what else is gone is beside the point
	}
	switch {
	case len(gone) == 0:
	case len(gone) == 1:
		findings = append(findings, about(gone[0], fmt.Sprintf("%s is gone, but %q has it", ledgerFile(gone[0]), base)))
	case len(gone) == entries:
		findings = append(findings, about(baseline.LedgerPath, fmt.Sprintf("the ledger is gone, but %q has %s in it", base, phrase.Count(entries, "release"))))
	default:
		findings = append(findings, about(baseline.LedgerPath, fmt.Sprintf("%d files of the ledger are gone, the first of them %s, but %q has them", len(gone), path.Base(gone[0]), base)))
	}
	return findings, nil
}

// isEntry reports whether a file of the ledger records a release.
func isEntry(file string) bool { return path.Dir(file) == baseline.LedgerPath }

// ledgerFile is what a sentence calls a file of the ledger.
func ledgerFile(file string) string {
	name := strings.TrimSuffix(path.Base(file), ".json")
	switch {
	case isEntry(file):
		return fmt.Sprintf("the ledger's entry of release %q", name)
	case file == baseline.WithdrawalPath(name):
		return fmt.Sprintf("the withdrawal of release %q", name)
	default:
		return fmt.Sprintf("the ledger's definition %s", name)
	}
}

// number is the line of an entry that may change: two branches that each record
// a release give it the same number, and one of them has to give way.
var number = regexp.MustCompile(`(?m)^  "number": [0-9]+,\n`)

// unnumbered is what may not change of an entry. Line ends are as git makes
// them.
func unnumbered(entry []byte) []byte { return number.ReplaceAll(files.UnixLines(entry), nil) }

// pinsChanged finds what the functions of released models gave and no longer
// give: a release or the merge base pinned an output, and the golden files have
// another one, or none.
func pinsChanged(p *Project, r *Rule) ([]Finding, error) {
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
		findings = append(findings, p.comparePins(r, t, now, pinned)...)
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
func (p *Project) comparePins(r *Rule, t *definition.Type, now *golden.Pins, before map[string]pinned) []Finding {
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
		first[a] = p.inGolden(r, golden.PinsPath(t), l.Number, Finding{Type: t.Name, Attribute: function.Attribute, Model: function.Model, Baseline: was.baseline})
	}
	var findings []Finding
	for a, f := range first {
		who := fmt.Sprintf("%q", f.Baseline)
		if slices.ContainsFunc(p.Releases, func(r baseline.Release) bool { return r.Name == f.Baseline }) {
			who = released(f.Baseline)
		}
		if a.gone {
			f.Message = fmt.Sprintf("%s lacks %s that %s has: what %s of %q returns", f.File, phrase.Count(counts[a], "pin"), who, a.Function, t.Name)
		} else {
			f.Message = fmt.Sprintf("%s of %q is pinned to another result than in %s, for %s", a.Function, t.Name, who, phrase.Count(counts[a], "input"))
		}
		f.Hint = "restore the function and its pins, and add a model instead: documents hold what it returned"
		findings = append(findings, f)
	}
	slices.SortFunc(findings, func(a, b Finding) int { return cmp.Or(compareFindings(a, b), cmp.Compare(a.Message, b.Message)) })
	return findings
}

// sealVersions compares the header versions of native seals that the runtime of
// the new release knows with those that the ledger has of the others. It is
// about every native type at once, and about none in particular.
func sealVersions(p *Project, rule *Rule) ([]Finding, error) {
	if p.Seal.Writes == 0 || !p.native() {
		return nil, nil
	}
	var findings []Finding
	add := func(release, message, hint string) {
		findings = append(findings, rule.finding(Finding{Message: message, Hint: hint, Baseline: release}, spec.Position{}))
	}
	for i := range p.Releases {
		r := &p.Releases[i]
		if r.Seal.Writes == 0 {
			continue // nothing is known of it
		}
		if r.Role == baseline.Live && !slices.Contains(r.Seal.Reads, p.Seal.Writes) {
			add(r.Name,
				fmt.Sprintf("this release's runtime writes seals of version %d, but %s reads %s", p.Seal.Writes, released(r.Name), versions(r.Seal.Reads)),
				fmt.Sprintf("ship a release first whose runtime reads version %d and does not write it yet: go.mod says which runtime it is", p.Seal.Writes))
		}
		if !slices.Contains(p.Seal.Reads, r.Seal.Writes) {
			add(r.Name,
				fmt.Sprintf("%s writes seals of version %d, but this release's runtime reads %s", released(r.Name), r.Seal.Writes, versions(p.Seal.Reads)),
				"go.mod names an older runtime than that release had: use that one, or a later one")
		}
	}
	return findings, nil
}

// native reports whether any type of the specs has a native model.
func (p *Project) native() bool {
	for _, t := range p.Specs.Types {
		for i := range t.Models {
			if t.Models[i].Format == definition.Native {
				return true
			}
		}
	}
	return false
}

func versions(list []int) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = fmt.Sprint(n)
	}
	if len(texts) == 1 {
		return "version " + texts[0]
	}
	return "versions " + strings.Join(texts, ", ")
}
