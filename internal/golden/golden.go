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
//	keys.json            the key that they are sealed under, which is no secret
//	releases/            the ledger
//
// Definitions, hashes and fixtures follow from the specs, and are rewritten.
// Sealed documents of released models are only ever added: they must open for
// ever.
//
// Each file, or each line of those with a record a line, begins with its
// format and the version of it. A version that was once released stays
// readable, and a change of the layout is a new version.
package golden

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

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

// inType says in which type something went wrong.
func inType(t *definition.Type, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("type %q: %w", t.Name, err)
}
