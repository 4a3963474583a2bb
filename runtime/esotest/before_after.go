package esotest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	eso "github.com/esogen/esogen/runtime"
)

// example is a document that a team wrote: at one model, and at another.
type example struct {
	Before state `json:"before"`
	After  state `json:"after"`
}

type state struct {
	Model      int             `json:"model"` // of After, 0 means the write model
	Attributes json.RawMessage `json:"attributes"`
}

// Documents tests the documents that a team has put into the folder documents of
// the golden files, in a folder for the type. It seals each by its model, opens it
// at another model, and compares it with what the file expects there. The secrets
// in these files are plaintext, and so must be made up.
func (s Suite[T]) Documents(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(s.path("documents", ""), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) { s.document(t, file) })
	}
}

func (s Suite[T]) document(t *testing.T, file string) {
	d := s.Objects.Definition()
	e, err := readExample(file)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if e.After.Model == 0 {
		e.After.Model = d.Write
	}
	switch {
	case e.Before.Model < 1 || e.Before.Model > e.After.Model || e.After.Model > len(d.Models):
		t.Fatalf("%s: from model %d to %d: the models are 1 to %d, and documents go up", file, e.Before.Model, e.After.Model, len(d.Models))
	case e.Before.Model < d.Oldest:
		t.Skipf("the oldest model that opens is %d", d.Oldest)
	}
	// Sealed unchanged, without defaults, even if it is incomplete: opening it
	// reports that.
	sealer := release(d, e.Before.Model, e.Before.Model)
	sealer.Oldest, sealer.RandomID, sealer.Models = 1, false, slices.Clone(sealer.Models)
	model := &sealer.Models[e.Before.Model-1]
	model.Attributes = slices.Clone(model.Attributes)
	for i := range model.Attributes {
		model.Attributes[i].Default, model.Attributes[i].Optional = "", true
	}
	keys := s.keys(t)
	doc, err := sealer.SealJSON(t.Context(), keys, eso.Ref{Type: d.Type, ID: "00000000-0000-4000-8000-000000000000"}, e.Before.Attributes)
	if err != nil {
		t.Fatalf("%s: the document before cannot be sealed: %v", file, err)
	}
	opened, err := NewObjects(release(d, e.After.Model, max(e.After.Model, d.Write)), nil).Open(t.Context(), keys, doc)
	if err != nil {
		t.Fatalf("%s: at model %d: %v", file, e.After.Model, err)
	}
	now, want := opened.Texts(), members(t, e.After.Attributes)
	var names []string
	for _, name := range slices.Compact(slices.Sorted(slices.Values(append(keysOf(now), keysOf(want)...)))) {
		if !sameJSON(now[name], want[name]) {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		t.Errorf("%s: at model %d, these attributes are not as the file has them: %q", file, e.After.Model, names)
	}
}

func keysOf(m map[string]json.RawMessage) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	return names
}

func readExample(file string) (*example, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var e example
	switch err := decoder.Decode(&e); {
	case err != nil:
		return nil, err
	case decoder.More():
		return nil, fmt.Errorf("there is something behind the object")
	case e.Before.Attributes == nil || e.After.Attributes == nil:
		return nil, fmt.Errorf(`it needs "before" and "after", each with "attributes"`)
	}
	return &e, nil
}
