// Package golden writes and reads the golden files: what is under review when
// a definition changes, and what a later esogen reads to know what an earlier
// one declared.
//
// Below the golden directory lie, F being the type's name:
//
//	definitions/F.json   the definition, laid out for a diff, lossless
//	hashes.json          a line per type: hash, models, fingerprint
//	fixtures/F.jsonl     plain documents of every model, a line each
//	sealed/F.jsonl       documents sealed by every model, a line each
//	keys.json            the key that they are sealed under, which is public
//	releases/            the ledger
//
// Definitions, hashes and fixtures follow from the specs, and are rewritten.
// Sealed documents of released models are only ever added: they must open
// forever.
//
// Each file, or each line of those with a record a line, begins with its
// format and the version of it. A version that was once released stays
// readable, and a change of the layout is a new version.
package golden

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// The formats, as each file or line states its own.
const (
	definitionFormat = "esogen-definition/3"

	// secondDefinitionFormat wraps no line, and has each text on one.
	secondDefinitionFormat = "esogen-definition/2"

	// firstDefinitionFormat does not say what an attribute is computed from.
	firstDefinitionFormat = "esogen-definition/1"

	hashesFormat  = "esogen-hashes/1"
	fixtureFormat = "esogen-fixture/1"
	sealedFormat  = "esogen-sealed/1"
)

// DefinitionPath returns where the definition of a type lies, relative to the
// golden directory, with slashes. FixturesPath and SealedPath do it for the
// documents.
func DefinitionPath(t *definition.Type) string {
	return "definitions/" + definition.FileName(t.Name) + ".json"
}

// FixturesPath returns where the plain documents of a type lie.
func FixturesPath(t *definition.Type) string {
	return "fixtures/" + definition.FileName(t.Name) + ".jsonl"
}

// SealedPath returns where the sealed documents of a type lie.
func SealedPath(t *definition.Type) string {
	return "sealed/" + definition.FileName(t.Name) + ".jsonl"
}

// HashesPath and KeysPath are where the hashes of all types lie, and the key
// of the sealed documents.
const (
	HashesPath = "hashes.json"
	KeysPath   = "keys.json"
)

// Files returns the golden files that follow from the definitions alone, by
// path: all but the sealed documents, the pins and the ledger.
func Files(types []*definition.Type) (map[string][]byte, error) {
	hashes, err := Hashes(types)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{HashesPath: hashes, KeysPath: Keys()}
	for _, t := range types {
		data, err := Marshal(t)
		if err != nil {
			return nil, err
		}
		files[DefinitionPath(t)] = data
		if fixtures := FixturesFile(t); len(fixtures) > 0 {
			files[FixturesPath(t)] = fixtures
		}
	}
	return files, nil
}

// Owned reports whether a file is one that Files could have returned for some
// type, of whatever version, by its path and the beginning of its content,
// which may be the marker of a merge conflict. Sealed documents are not among
// them.
func Owned(path string, head []byte) bool {
	head = WithoutMarker(head)
	begins := func(format string) bool {
		return bytes.HasPrefix(bytes.TrimLeft(head, "{ \r\n"), []byte(`"format": "`+format+`/`))
	}
	switch {
	case strings.HasPrefix(path, "definitions/"):
		return begins("esogen-definition")
	case strings.HasPrefix(path, "fixtures/"):
		return begins("esogen-fixture")
	default:
		return false
	}
}

// Kept reports whether a project keeps golden files, apart from the ledger.
func Kept(dir string) (bool, error) {
	for _, path := range []string{HashesPath, "definitions", "sealed"} {
		if _, err := os.Stat(filepath.Join(dir, path)); err == nil {
			return true, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
	}
	return false, nil
}

// Fingerprint is the sha256, in hex, of the bytes of the golden definition.
// Generated code carries it, so that a definition that was changed and not
// reviewed fails the generated tests.
func Fingerprint(t *definition.Type) (string, error) {
	data, err := Marshal(t)
	if err != nil {
		return "", err
	}
	return fingerprint(data), nil
}

func fingerprint(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// inType adds the name of a type to an error.
func inType(t *definition.Type, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("type %q: %w", t.Name, err)
}
