package storetest

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/esogen/esogen/internal/golden"
	"github.com/esogen/esogen/internal/objects"
	eso "github.com/esogen/esogen/runtime"
)

// Release is a release as the ledger has it.
type Release struct {
	Name       string
	Definition *eso.Definition
}

// Releases returns what earlier releases declared of a type, oldest first: what
// stands in the folder releases of the golden files. A type that a release did
// not have yet, or not any more, is left out. Conversions and computed values
// are those of the current definition: released models never change.
func Releases(t testing.TB, goldenDir string, current *eso.Definition) []Release {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(goldenDir, "releases", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	type numbered struct {
		Release
		number int
	}
	var found []numbered
	for _, file := range files {
		data, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		var entry struct {
			Release string
			Number  int
			Types   []struct {
				Type       string
				Retired    bool
				Definition json.RawMessage
			}
		}
		if err := json.Unmarshal([]byte(strings.ReplaceAll(string(data), "\r\n", "\n")), &entry); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, typ := range entry.Types {
			if typ.Type != current.Type || typ.Retired {
				continue
			}
			// The ledger moves the lines of a definition to the right.
			read, err := golden.Read([]byte(strings.ReplaceAll(string(typ.Definition), "\n      ", "\n") + "\n"))
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			found = append(found, numbered{Release{entry.Release, withFunctions(objects.Definition(read), current)}, entry.Number})
		}
	}
	slices.SortFunc(found, func(a, b numbered) int { return cmp.Compare(a.number, b.number) })
	var releases []Release
	for _, f := range found {
		releases = append(releases, f.Release)
	}
	return releases
}

// withFunctions gives a definition the conversions and computed values of
// another one.
func withFunctions(d, from *eso.Definition) *eso.Definition {
	for i := range d.Models[:min(len(d.Models), len(from.Models))] {
		d.Models[i].Renamed = from.Models[i].Renamed
		d.Models[i].Computed = from.Models[i].Computed
	}
	return d
}
