package esotest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	eso "github.com/esogen/esogen/runtime"
)

// object is a line of the golden fixtures or sealed documents.
type object struct {
	Fixture    string          `json:"fixture"`
	Type       string          `json:"type"`
	ID         string          `json:"id"`
	Namespace  string          `json:"namespace"`
	Version    string          `json:"typeMigrationVersion"`
	Attributes json.RawMessage `json:"attributes"`
	Plain      json.RawMessage `json:"plain"` // of a sealed one, before sealing
}

// title names the object in the output of a test.
func (o object) title() string { return fmt.Sprintf("model %d %s", o.model(), o.Fixture) }

func (o object) model() int {
	if parts := strings.Split(o.Version, "."); len(parts) == 3 {
		if n, err := strconv.Atoi(parts[1]); err == nil && n > 0 {
			return n
		}
	}
	return 1
}

func (o object) ref() eso.Ref {
	return eso.Ref{Namespace: o.Namespace, Type: o.Type, ID: o.ID}
}

func (o object) document() eso.Document {
	return eso.Document{Ref: o.ref(), Model: o.model(), Attributes: o.Attributes}
}

// objects reads the golden objects of a folder. There is at least one.
func (s Suite[T]) objects(t *testing.T, folder string) []object {
	t.Helper()
	var objects []object
	number := 0
	for line := range bytes.Lines(s.read(t, folder, ".jsonl")) {
		number++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var o object
		if err := json.Unmarshal(line, &o); err != nil {
			t.Fatalf(`%s, line %d: %v: run "esogen golden"`, s.path(folder, ".jsonl"), number, err)
		}
		objects = append(objects, o)
	}
	if len(objects) == 0 {
		t.Fatalf(`%s is empty: run "esogen golden"`, s.path(folder, ".jsonl"))
	}
	return objects
}

// documents returns the sealed golden documents that this release still opens.
func (s Suite[T]) documents(t *testing.T) []object {
	t.Helper()
	var documents []object
	for _, o := range s.objects(t, "sealed") {
		if o.model() >= max(s.Objects.Definition().Oldest, 1) {
			documents = append(documents, o)
		}
	}
	return documents
}

// keys returns the keyring of the golden documents.
func (s Suite[T]) keys(t *testing.T) eso.Keyring {
	t.Helper()
	path := filepath.Join(s.Golden, "keys.json")
	var file struct {
		Primary string `json:"primary"`
	}
	if err := json.Unmarshal(readFile(t, path), &file); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if keys, ok := keyrings.Load(file.Primary); ok {
		return keys.(eso.Keyring)
	}
	keys, err := eso.NewKeyring(file.Primary)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	keyrings.Store(file.Primary, keys)
	return keys
}

// keyrings caches the keyrings of golden keys: making one is slow.
var keyrings sync.Map
