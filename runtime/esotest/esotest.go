// Package esotest holds the tests of generated packages. A generated package names
// its type and the folder of the golden files:
//
//	var suite = esotest.Suite[ConnectorToken]{
//		Objects:     Objects,
//		Golden:      "../../golden",
//		Fingerprint: Fingerprint,
//	}
//
//	func TestDefinition(t *testing.T) { suite.Definition(t) }
//
// The golden files are what a person has reviewed: definitions, plain objects of
// every model, and documents that every model sealed. They hold no real secrets,
// and the failures of these tests name none of their values.
//
// [Object] is an object of any type, for tests that work from a definition. [Trace]
// plays what the simulator found: "esogen check --trace-test" writes such tests.
package esotest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	eso "github.com/esogen/esogen/runtime"
)

// Suite has the tests of one type. Its methods may be called in any order.
type Suite[T any] struct {
	Objects     *eso.Objects[T]
	Golden      string // the folder of the golden files, relative to the package
	File        string // the name of the golden files of the type; "" means the name of the type
	Fingerprint string // sha256, in hex, of the golden definition that the code was generated from
}

// Definition compares the generated code with the golden definition and with
// the golden hashes.
func (s Suite[T]) Definition(t *testing.T) {
	data := bytes.ReplaceAll(s.read(t, "definitions", ".json"), []byte("\r\n"), []byte("\n")) // git may have changed line ends
	sum := sha256.Sum256(data)
	if found := hex.EncodeToString(sum[:]); found != s.Fingerprint {
		t.Errorf("the generated code and %s are not of the same definition\n\tgolden:    %s\n\tgenerated: %s\n"+
			`run "esogen generate" and "esogen golden", and have the change of the golden file reviewed`,
			s.path("definitions", ".json"), found, s.Fingerprint)
	}

	recorded, ok := s.recorded(t)
	if !ok {
		t.Fatalf(`%s does not list the type %q: run "esogen golden"`, filepath.Join(s.Golden, "hashes.json"), s.name())
	}
	d := s.Objects.Definition()
	if d.Flag != recorded.Flag {
		t.Errorf("the flag that the type is behind has changed\n\tgolden:    %q\n\tgenerated: %q", recorded.Flag, d.Flag)
	}
	if hash := d.Hash(); hash != recorded.Hash {
		t.Errorf("the definition hash has changed\n\tgolden:    %s\n\tgenerated: %s", recorded.Hash, hash)
	}
	models := make([]int, len(d.Models))
	for i := range models {
		models[i] = i + 1
	}
	if !slices.Equal(models, recorded.Models) || d.Write != recorded.Write {
		t.Errorf("the models have changed\n\tgolden:    models %v, write %d\n\tgenerated: models %v, write %d",
			recorded.Models, recorded.Write, models, d.Write)
	}
}

// hashes is a line of the file of all hashes.
type hashes struct {
	Type   string `json:"type"`
	Hash   string `json:"hash"`
	Flag   string `json:"flag"`
	Models []int  `json:"models"`
	Write  int    `json:"write"`
}

func (s Suite[T]) recorded(t *testing.T) (hashes, bool) {
	path := filepath.Join(s.Golden, "hashes.json")
	var file struct {
		Types []hashes `json:"types"`
	}
	if err := json.Unmarshal(readFile(t, path), &file); err != nil {
		t.Fatalf(`%s: %v: run "esogen golden"`, path, err)
	}
	i := slices.IndexFunc(file.Types, func(h hashes) bool { return h.Type == s.name() })
	if i < 0 {
		return hashes{}, false
	}
	return file.Types[i], true
}

func (s Suite[T]) name() string { return s.Objects.Definition().Type }

func (s Suite[T]) path(folder, extension string) string {
	file := s.File
	if file == "" {
		file = s.name()
	}
	return filepath.Join(s.Golden, folder, file+extension)
}

func (s Suite[T]) read(t *testing.T, folder, extension string) []byte {
	return readFile(t, s.path(folder, extension))
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatalf(`%s does not exist: run "esogen golden"`, path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}
