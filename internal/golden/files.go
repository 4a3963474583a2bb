package golden

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/esogen/esogen/internal/definition"
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
