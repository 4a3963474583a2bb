package check

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
	"github.com/esogen/esogen/internal/phrase"
	"github.com/esogen/esogen/internal/spec"
)

// goldenRules are about golden files, which are only ever added to.
var goldenRules = []*Rule{
	{
		ID: "history/sealed-rewritten", Severity: definition.Error,
		Purpose: "a sealed golden document of a released model is gone, or was changed",
		Why: `The sealed golden documents stand for those in production: the generated tests open them with today's code. If one is removed, nobody notices when ` +
			`such documents stop opening. Compared with the merge base; documents of models that no release has may go.`,
		WayOut:    `Restore the lines. "esogen golden" adds lines, and never removes one.`,
		ofProject: sealedRewritten,
		Example: Example{
			Released: example(base), Change: example(base),
			Golden: &Rewritten{File: "sealed/token.jsonl", Before: sealedLine(sealedToken), After: sealedLine(otherToken)},
		},
	},
	{
		ID: "history/sealed-lost", Severity: definition.Error, NoPlan: true, Final: true,
		Purpose: "a sealed golden document of a released model does not open",
		Why: `The sealed golden documents stand for those in production: what does not open here does not open there. Either the model was changed, or the line was: ` +
			`cut off, merged by hand, or sealed with another key.`,
		WayOut:    `Restore the model, and make the change in a model of its own. If the line was damaged, take it from git.`,
		ofProject: sealedLost,
		Example: Example{
			Released: example(base), Change: example(base),
			Golden: &Rewritten{File: "sealed/token.jsonl", Before: sealedLine(sealedToken), After: sealedLine("AAAA" + sealedToken[4:])},
		},
	},
	{
		ID: "history/sealed-stale", Severity: definition.Error, Safe: true, Final: true,
		Purpose:   "a sealed golden document of a model that no release has does not open",
		Why:       `The model has changed since the document was sealed. It may: no release has it. But the golden files belong to another definition than the specs.`,
		WayOut:    `Run "esogen golden", which replaces the document. Its diff belongs in the change.`,
		ofProject: sealedStale,
		Example: Example{
			Change: example(`
models: "1": {
	attributes: {owner: string, note?: string, token: string}
	encrypted: ["token"]
	aad: []
}`),
			Golden: &Rewritten{File: "sealed/token.jsonl", After: sealedLine(sealedToken)},
		},
	},
	{
		ID: "history/seal-version", Severity: definition.Error, NoPlan: true, Final: true,
		Purpose: "a live release does not read the seals of this one's runtime",
		Why: `The header of a native seal has a version, and a runtime that does not know the version cannot open the document. So, as with models, a release reads ` +
			`a new version before another one writes it. The ledger records what each release reads and writes.`,
		WayOut: `First ship a release whose runtime reads the new version and does not write it yet; go.mod says which runtime that is. Then ship the one that writes ` +
			`it.`,
		ofProject: sealVersions,
		Example: Example{
			Released: inNative(base), Change: inNative(base),
			Seals: &Seals{Released: baseline.SealVersions{Reads: []int{1, 2}, Writes: 2}, Change: baseline.SealVersions{Reads: []int{1, 2, 3}, Writes: 3}},
		},
	},
	{
		ID: "history/pin-changed", Severity: definition.Error, NoPlan: true,
		Purpose: "a function of a released model returns something else than it did",
		Why: `Conversions and computed values of a released model have brought documents to that model, and what they returned is stored. With another function, ` +
			`releases disagree about one document, and what was computed counts as set by hand. The generated tests pin what the functions return for the golden ` +
			`documents, and "esogen release" records it: a pin that has changed or is gone is a function that changed. Pins of models that no release has may ` +
			`change.`,
		WayOut:    `Restore the function and its pins. Another value needs another model.`,
		ofProject: pinsChanged,
		Example: Example{
			Released: example(base + `models: "2": {attributes: url?: string, renamed: url: {from: "note", convert: true}}`),
			Change:   example(base + `models: "2": {attributes: url?: string, renamed: url: {from: "note", convert: true}}`),
			Golden:   &Rewritten{File: "pins/token.jsonl", Before: pinLine("https://a.example"), After: pinLine("http://a.example")},
		},
	},
	ledgerRewritten,
}

var ledgerRewritten = &Rule{
	ID: "history/ledger-rewritten", Severity: definition.Error, Final: true,
	Purpose:   "an entry of the ledger is gone, or was changed",
	Why:       `The ledger says what is deployed, and every verdict depends on it. Compared with the merge base.`,
	WayOut:    `Restore the file. "esogen release" adds entries, and never changes one.`,
	ofProject: ledgerChanged,
	Example: Example{
		Released: example(base), Change: example(base),
		Golden: &Rewritten{File: "releases/v1.json", Before: ledgerEntry("2"), After: ledgerEntry("1")},
	},
}

// sealedLine is a sealed document of the type of the examples, and ledgerEntry
// an entry of the ledger, as far as an example needs it.
func sealedLine(token string) string {
	return `{"format": "esogen-sealed/1", "fixture": "minimal", "type": "token", "id": "337e84e9-257f-8a7d-9955-95a2a78b2787", "typeMigrationVersion": "10.1.0", ` +
		`"attributes": {"owner":"","token":"` + token + `"}, "plain": {"owner":"","token":""}}` + "\n"
}

// pinLine is a pin of the type of the examples.
func pinLine(output string) string {
	return `{"format": "esogen-pin/1", "type": "token", "model": 2, "function": "convert", "attribute": "url", "input": "a.example", "output": "` + output + `"}` + "\n"
}

// Two ciphertexts of the empty token, under the test key.
const (
	sealedToken = "/prOfQ8wlLVHKPA/DxSgy+FTEyNHP4k4JhkNJy7FEG/bmQinvXpizf1iv4wO9TeT0QxNOoxJ4MrD1rozfzz/QAWm04r2Uz33vxAVwl6x2TT+9+mClS0CALZavkgbug=="
	otherToken  = "aFzkYT1gCtGJBgTRGHilz7kwtwhMZwyMv8zQwnUBTNApGIcbfmDGOmjSBFQlaSYPnWUsAj6ioiZCYdGO+KleNH7N9EG/HSWZyz7Y24u9GyqkjsCW9cs6GGCTiKdm9g=="
)

func ledgerEntry(write string) string {
	return "{\n  \"format\": \"esogen-release/3\",\n  \"release\": \"v1\",\n  \"number\": 1,\n  \"types\": [\n    {\"type\": \"token\", \"models\": [1, 2], \"write\": " + write + "}\n  ]\n}\n"
}

// openedFile is a file of sealed documents, after they were opened.
type openedFile struct {
	typ      *definition.Type
	file     string // relative to the golden directory
	conflict bool
	broken   []golden.Broken
	release  string // that has most of the models
}

// openSealed opens the sealed documents of the golden files, on all processors.
func (p *Project) openSealed(ctx context.Context) error {
	if p.Golden == nil {
		return nil
	}
	p.opened = make([]openedFile, len(p.Specs.Types))
	return onAllProcessors(ctx, len(p.opened), func(ctx context.Context, i int) error {
		t := p.Specs.Types[i]
		data, err := fs.ReadFile(p.Golden, golden.SealedPath(t))
		if errors.Is(err, fs.ErrNotExist) || slices.Contains(p.Specs.Broken, t.Name) {
			return nil
		}
		if err != nil {
			return err
		}
		sealed, err := golden.ReadSealed(ctx, t, data)
		if err != nil {
			return err
		}
		held, release := p.shipped(t.Name)
		p.opened[i] = openedFile{t, golden.SealedPath(t), sealed.Conflict, sealed.Broken(held), release}
		return nil
	})
}

// shipped returns what the releases hold of a type, and the newest of those that
// have most of its models.
func (p *Project) shipped(name string) (held golden.Held, release string) {
	for i := range p.Releases {
		r := &p.Releases[i]
		if t := r.Type(name); t != nil && (held.Type == nil || len(t.Models) >= len(held.Type.Models)) {
			held.Type, release = t, r.Name
		}
	}
	return held, release
}

func sealedLost(p *Project, r *Rule) ([]Finding, error) {
	var findings []Finding
	for _, o := range p.opened {
		for _, l := range o.broken {
			if l.Keep == golden.Renewable {
				continue
			}
			hint := fmt.Sprintf("restore the line, or what the spec says of its model, as %s has it; make changes in a new model", released(o.release))
			if l.Keep == golden.Newer {
				hint = "a newer esogen wrote it: use that version"
			}
			findings = append(findings, p.aboutLine(r, o, l, o.release, hint))
		}
	}
	return findings, nil
}

func sealedStale(p *Project, r *Rule) ([]Finding, error) {
	var findings []Finding
	for _, o := range p.opened {
		if o.conflict {
			findings = append(findings, p.inGolden(r, o.file, 1, Finding{
				Type: o.typ.Name, Message: fmt.Sprintf("%s has the markers of a merge conflict", p.goldenFile(o.file)), Hint: `run "esogen golden", which keeps the documents of both sides`,
			}))
		}
		for _, l := range o.broken {
			if l.Keep == golden.Renewable {
				findings = append(findings, p.aboutLine(r, o, l, "", `run "esogen golden", which replaces it: no release has its model`))
			}
		}
	}
	return findings, nil
}

// aboutLine is a finding about a sealed document that does not open.
func (p *Project) aboutLine(r *Rule, o openedFile, l golden.Broken, release, hint string) Finding {
	return p.inGolden(r, o.file, l.Number, Finding{
		Type: o.typ.Name, Model: l.Model, Baseline: release, Message: fmt.Sprintf("a sealed document of %q: %v", o.typ.Name, l.Err), Hint: hint,
	})
}

// sealedRewritten finds sealed documents that are gone since the merge base.
// They count if a release has their model: what only the default branch holds
// may change freely. A line that is there and broken is not gone, too.
func sealedRewritten(p *Project, r *Rule) ([]Finding, error) {
	if p.MergeBaseGolden == nil || p.Golden == nil {
		return nil, nil
	}
	var findings []Finding
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
			if lost -= p.brokenLines(file); lost <= 0 {
				continue
			}
			findings = append(findings, p.inGolden(r, file, 0, Finding{
				Type: t.Name, Baseline: p.Releases[i].Name,
				Message: fmt.Sprintf("%s lacks %s that %q has; lines are only ever added to it", p.goldenFile(file), phrase.Count(lost, "sealed document"), p.mergeBaseName()),
				Hint:    p.checkout(file),
			}))
		}
	}
	return findings, nil
}

// brokenLines counts the lines of a file that must stay and do not open.
func (p *Project) brokenLines(file string) int {
	n := 0
	for _, o := range p.opened {
		for _, l := range o.broken {
			if o.file == file && l.Keep != golden.Renewable {
				n++
			}
		}
	}
	return n
}

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

// inGolden completes a finding about a file of the golden directory, or a line
// of it.
func (p *Project) inGolden(r *Rule, file string, line int, f Finding) Finding {
	at := spec.Position{File: p.goldenFile(file), Line: line}
	if line > 0 {
		at.Column = 1
	}
	return r.finding(f, at)
}

// goldenFile is what messages call a file of the golden directory.
func (p *Project) goldenFile(file string) string { return path.Join(p.GoldenName, file) }

func (p *Project) mergeBaseName() string {
	if p.MergeBase == nil {
		return "the merge base"
	}
	return p.MergeBase.Name
}

// checkout says how to take a file back as the merge base has it.
func (p *Project) checkout(file string) string {
	return fmt.Sprintf("restore the lines: git checkout %s -- %s", p.mergeBaseName(), p.goldenFile(file))
}
