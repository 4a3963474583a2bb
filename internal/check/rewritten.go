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
			if slices.ContainsFunc(p.Releases[i+1:], func(r Release) bool { return r.find(t.Name) != nil }) {
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

// ledgerFiles compares the entries of the ledger.
func (p *Project) ledgerFiles() ([]Finding, error) {
	entries, err := fs.ReadDir(p.MergeBaseGolden, "releases")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		file := "releases/" + entry.Name()
		before, err := fs.ReadFile(p.MergeBaseGolden, file)
		if err != nil {
			return nil, err
		}
		now, err := fs.ReadFile(p.Golden, file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err == nil && bytes.Equal(unnumbered(before), unnumbered(now)) {
			continue
		}
		name := strings.TrimSuffix(entry.Name(), path.Ext(entry.Name()))
		f := p.aboutFile("history/ledger-rewritten", file, name)
		f.Message = fmt.Sprintf("the ledger's entry of release %q is not as %q has it", name, p.mergeBaseName())
		if err != nil {
			f.Message = fmt.Sprintf("the ledger's entry of release %q is gone, and %q has it", name, p.mergeBaseName())
		}
		f.Hint = fmt.Sprintf("put it back: git checkout %s -- %s", p.mergeBaseName(), f.File)
		findings = append(findings, f)
	}
	return findings, nil
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
