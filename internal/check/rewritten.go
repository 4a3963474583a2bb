package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/files"
	"github.com/esogen/esogen/internal/golden"
)

// rewritten finds golden files that are only ever added to, and lost something
// since the merge base. Sealed documents count where a release has their model:
// what only the default branch holds may change freely. A line of which the
// findings say that it is broken is not missing, too.
func (p *Project) rewritten(sealed []Finding) ([]Finding, error) {
	if p.MergeBaseGolden == nil || p.Golden == nil {
		return nil, nil
	}
	ledger, err := p.ledgerFiles()
	if err != nil {
		return nil, err
	}
	findings := ledger
	for i := range p.Releases {
		for _, t := range p.Releases[i].Types {
			if slices.ContainsFunc(p.Releases[i+1:], func(r baseline.Release) bool { return r.Type(t.Name) != nil }) {
				continue // a newer release has at least its models
			}
			file := golden.SealedPath(t)
			lost, err := p.lostLines(file, len(t.Models))
			if err != nil {
				return nil, err
			}
			f := p.aboutFile("history/sealed-rewritten", file, p.Releases[i].Name)
			if lost -= broken(sealed, f.File); lost <= 0 {
				continue
			}
			f.Type = t.Name
			f.Message = fmt.Sprintf("%s lacks %s that %q has, and is only ever added to", f.File, count(lost, "sealed document"), p.mergeBaseName())
			f.Hint = fmt.Sprintf("put the lines back: git checkout %s -- %s", p.mergeBaseName(), f.File)
			findings = append(findings, f)
		}
	}
	return findings, nil
}

func (p *Project) mergeBaseName() string {
	if p.MergeBase == nil {
		return "the merge base"
	}
	return p.MergeBase.Name
}

func (p *Project) aboutFile(id, file, baseline string) Finding {
	rule := Lookup(id)
	return Finding{Rule: rule.ID, Severity: rule.Severity, File: path.Join(p.GoldenName, file), Baseline: baseline, Trace: []string{}, Docs: rule.Docs()}
}

// ledgerFiles compares the files of the ledger, apart from the list of supported
// releases, which changes. What is gone is one finding: it went for one reason.
func (p *Project) ledgerFiles() ([]Finding, error) {
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
			findings = append(findings, p.aboutLedger(file, p.ledgerFile(file)+" is not as %q has it"))
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
		findings = append(findings, p.aboutLedger(gone[0], p.ledgerFile(gone[0])+" is gone, and %q has it"))
	case len(gone) == entries:
		findings = append(findings, p.aboutLedger(baseline.LedgerPath, fmt.Sprintf("the ledger is gone, and %%q has %s in it", count(entries, "release"))))
	default:
		findings = append(findings, p.aboutLedger(baseline.LedgerPath, fmt.Sprintf("%d files of the ledger are gone, %s the first of them, and %%q has them", len(gone), path.Base(gone[0]))))
	}
	return findings, nil
}

// isEntry reports whether a file of the ledger records a release.
func isEntry(file string) bool { return path.Dir(file) == baseline.LedgerPath }

// ledgerFile is what a sentence calls a file of the ledger.
func (p *Project) ledgerFile(file string) string {
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

// aboutLedger is a finding about a file. The message takes the name of the merge
// base.
func (p *Project) aboutLedger(file, message string) Finding {
	release := ""
	if isEntry(file) {
		release = strings.TrimSuffix(path.Base(file), ".json")
	}
	f := p.aboutFile("history/ledger-rewritten", file, release)
	f.Message = fmt.Sprintf(message, p.mergeBaseName())
	f.Hint = fmt.Sprintf("put it back: git checkout %s -- %s", p.mergeBaseName(), f.File)
	return f
}

// number is the line of an entry that may change: two branches that each record
// a release give it the same number, and one of them has to give way.
var number = regexp.MustCompile(`(?m)^  "number": [0-9]+,\n`)

// unnumbered is what may not change of an entry. Line ends are as git makes
// them.
func unnumbered(entry []byte) []byte { return number.ReplaceAll(files.UnixLines(entry), nil) }

// lostLines counts the sealed documents of released models that a file no longer
// has.
func (p *Project) lostLines(file string, models int) (int, error) {
	before, err := fs.ReadFile(p.MergeBaseGolden, file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	now, err := fs.ReadFile(p.Golden, file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	kept := map[string]bool{}
	for line := range bytes.Lines(now) {
		kept[string(bytes.TrimSpace(line))] = true
	}
	lost := 0
	for line := range bytes.Lines(before) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && !kept[string(line)] && modelOf(line) <= models {
			lost++
		}
	}
	return lost, nil
}

// modelOf reads the model of a sealed document; a line without one counts as
// model 1.
func modelOf(line []byte) int {
	var object struct {
		Version string `json:"typeMigrationVersion"`
	}
	model := 1
	if json.Unmarshal(line, &object) == nil {
		var patch int
		fmt.Sscanf(object.Version, "10.%d.%d", &model, &patch)
	}
	return model
}

// count writes a number of things: "1 document", "2 documents".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
