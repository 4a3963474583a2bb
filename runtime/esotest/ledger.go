package esotest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esoimpl"
)

// Release is a release of one type.
type Release struct {
	Name       string
	Definition *eso.Definition
	Shapes     map[string]Shape // for [NewObjects]
}

// Releases returns the releases of the ledger that have a type, oldest first. The
// ledger is the folder releases of the golden files. It has no conversions and no
// functions of computed values: these are taken from the current definition,
// because released models never change.
func Releases(t testing.TB, goldenDir string, current *eso.Definition) []Release {
	t.Helper()
	ledger := filepath.Join(goldenDir, "releases")
	files, err := filepath.Glob(filepath.Join(ledger, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	entries := map[string]*ledgerEntry{}
	for _, file := range files {
		entry := new(ledgerEntry)
		if err := readJSON(file, entry); err != nil {
			t.Fatal(err)
		}
		entries[entry.Release] = entry
	}
	var releases []Release
	for _, entry := range slices.SortedFunc(maps.Values(entries), func(a, b *ledgerEntry) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Release, b.Release))
	}) {
		typ := entry.find(entries, current.Type)
		if typ == nil || typ.Gone || typ.Retired {
			continue
		}
		if typ.File != "" {
			if err := readJSON(filepath.Join(ledger, filepath.FromSlash(typ.File)), &typ.Definition); err != nil {
				t.Fatal(err)
			}
		}
		releases = append(releases, Release{Name: entry.Release, Definition: typ.Definition.resolve(current)})
	}
	return releases
}

func readJSON(file string, into any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// ledgerEntry is a file of the ledger, as far as the runtime needs it. Errors in it
// are for "esogen check" to find.
type ledgerEntry struct {
	Release string       `json:"release"`
	Number  int          `json:"number"`
	Base    string       `json:"base"` // the entry that has what this one does not list
	Types   []ledgerType `json:"types"`
}

type ledgerType struct {
	Type       string           `json:"type"`
	Gone       bool             `json:"gone"`
	Retired    bool             `json:"retired"`
	File       string           `json:"file"`       // of the definition
	Definition ledgerDefinition `json:"definition"` // in entries of version 1
}

// find returns what an entry, or one that it builds on, has of a type, or nil.
func (e *ledgerEntry) find(entries map[string]*ledgerEntry, name string) *ledgerType {
	for range entries {
		if i := slices.IndexFunc(e.Types, func(t ledgerType) bool { return t.Type == name }); i >= 0 {
			return &e.Types[i]
		}
		if e = entries[e.Base]; e == nil {
			break
		}
	}
	return nil
}

type ledgerDefinition struct {
	Type     string        `json:"type"`
	Write    int           `json:"write"`
	Oldest   int           `json:"oldest"`
	RandomID bool          `json:"randomID"`
	Exposes  []string      `json:"exposes"`
	Models   []ledgerModel `json:"models"`
}

// ledgerModel is a step from the model before: what it leaves out stays as it is
// there.
type ledgerModel struct {
	Format     eso.Format     `json:"format"`
	Namespaces eso.Namespaces `json:"namespaces"`
	Attributes []struct {
		Name     string          `json:"name"`
		Optional bool            `json:"optional"`
		Nullable bool            `json:"nullable"`
		Type     string          `json:"type"`
		Default  json.RawMessage `json:"default"`
	} `json:"attributes"`
	Removed []string `json:"removed"`
	Renamed []struct {
		New string `json:"new"`
		Old string `json:"old"`
	} `json:"renamed"`
	Backfill []struct {
		Name  string          `json:"name"`
		Value json.RawMessage `json:"value"`
	} `json:"backfill"`
	Encrypted *[]string `json:"encrypted"`
	AAD       *[]string `json:"aad"`
}

// resolve turns the steps into whole models, with the functions of another
// definition.
func (d *ledgerDefinition) resolve(functions *eso.Definition) *eso.Definition {
	steps := make([]eso.Model, len(d.Models))
	for i := range d.Models {
		steps[i] = d.Models[i].step()
	}
	for i, m := range functions.Models[:min(len(functions.Models), len(steps))] {
		steps[i].Computed = m.Computed
		for j, r := range steps[i].Renamed {
			same := func(other eso.Rename) bool { return r.New == other.New && r.Old == other.Old }
			if k := slices.IndexFunc(m.Renamed, same); k >= 0 {
				steps[i].Renamed[j] = m.Renamed[k]
			}
		}
	}
	return &eso.Definition{Type: d.Type, RandomID: d.RandomID, Write: d.Write, Oldest: d.Oldest, Exposes: d.Exposes, Models: esoimpl.Models(steps...)}
}

// step returns what the file says of the model, as generated code says it: the
// rest is as in the model before.
func (m *ledgerModel) step() eso.Model {
	out := eso.Model{Format: m.Format, Namespaces: m.Namespaces, Removed: m.Removed}
	if m.Encrypted != nil {
		out.Encrypted = append([]string{}, *m.Encrypted...)
	}
	if m.AAD != nil {
		out.AAD = append([]string{}, *m.AAD...)
	}
	for _, a := range m.Attributes {
		out.Attributes = append(out.Attributes, eso.Attribute{Name: a.Name, Optional: a.Optional, Nullable: a.Nullable || a.Type == "json", Default: string(a.Default)})
	}
	for _, r := range m.Renamed {
		out.Renamed = append(out.Renamed, eso.Rename{New: r.New, Old: r.Old})
	}
	for _, b := range m.Backfill {
		out.Backfill = append(out.Backfill, eso.Backfill{Name: b.Name, Value: eso.JSON(b.Value)})
	}
	return out
}
