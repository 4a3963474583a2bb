package baseline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
)

// errNewer means that a file has a version that this esogen does not know.
var errNewer = errors.New("of a newer esogen")

// parsed holds the golden definitions that were read, by their bytes: most
// types are the same in most releases. Each is read once, also if several
// releases are read at a time.
type parsed struct {
	mu    *sync.Mutex
	types map[string]func() (*definition.Type, error)
}

func newParsed() parsed { return parsed{&sync.Mutex{}, map[string]func() (*definition.Type, error){}} }

// definition reads a golden definition.
func (p parsed) definition(data []byte) (*definition.Type, error) {
	p.mu.Lock()
	read := p.types[string(data)]
	if read == nil {
		read = sync.OnceValues(func() (*definition.Type, error) {
			t, err := golden.Read(data)
			if err != nil {
				return nil, inWords(err, data)
			}
			return t, nil
		})
		p.types[string(data)] = read
	}
	p.mu.Unlock()
	return read()
}

// golden reads the definitions of a golden directory, sorted by name. There are
// none if the directory is not there.
func (p parsed) golden(dir fs.FS) ([]*definition.Type, error) {
	const below = "definitions"
	entries, err := fs.ReadDir(dir, below)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", below, plainly(err))
	}
	var types []*definition.Type
	for _, entry := range entries {
		name := path.Join(below, entry.Name())
		if path.Ext(name) != ".json" || entry.IsDir() {
			continue
		}
		data, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, plainly(err))
		}
		t, err := p.definition(unixLines(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if golden.DefinitionPath(t) != name {
			return nil, fmt.Errorf("%s: it holds the type %q, whose place is %s", name, t.Name, golden.DefinitionPath(t))
		}
		types = append(types, t)
	}
	slices.SortFunc(types, byName)
	return types, whole(dir, types)
}

// whole checks that no definition is missing of those that the file of hashes
// counts: a type that got lost would look like one that never was.
func whole(dir fs.FS, types []*definition.Type) error {
	data, err := fs.ReadFile(dir, golden.HashesPath)
	if errors.Is(err, fs.ErrNotExist) || len(types) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", golden.HashesPath, plainly(err))
	}
	hashes, err := golden.ReadHashes(unixLines(data))
	if err != nil {
		return fmt.Errorf("%s: %w", golden.HashesPath, inWords(err, data))
	}
	for _, h := range hashes {
		if find(types, h.Type) == nil {
			return fmt.Errorf("%s: it counts the type %q, whose definition is not there", golden.HashesPath, h.Type)
		}
	}
	return nil
}

// inWords says of a file that was not edited that a newer esogen wrote it.
func inWords(err error, data []byte) error {
	if !errors.Is(err, golden.ErrFormat) {
		return err
	}
	var head struct{ Format string }
	if json.NewDecoder(bytes.NewReader(data)).Decode(&head) != nil || !strings.HasPrefix(head.Format, "esogen-") {
		return err
	}
	return fmt.Errorf("its format %q is %w", head.Format, errNewer)
}

func byName(a, b *definition.Type) int { return strings.Compare(a.Name, b.Name) }

// unixLines undoes what git may do to line ends.
func unixLines(data []byte) []byte { return bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")) }
