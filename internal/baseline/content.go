package baseline

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
	"github.com/esogen/esogen/internal/phrase"
)

// content is everything that a release has, by name, whichever entry says so.
type content struct {
	types map[string]typeLine
	pins  map[string]string
}

func newContent() content { return content{map[string]typeLine{}, map[string]string{}} }

// since returns what differs from a base, sorted by name.
func (c content) since(base content) ([]typeLine, []pinLine) {
	var types []typeLine
	for _, name := range slices.Sorted(maps.Keys(c.types)) {
		if line := c.types[name]; base.types[name].Fingerprint != line.Fingerprint {
			types = append(types, line)
		}
	}
	for name := range base.types {
		if _, has := c.types[name]; !has {
			types = append(types, typeLine{Type: name, Gone: true})
		}
	}
	slices.SortFunc(types, func(a, b typeLine) int { return strings.Compare(a.Type, b.Type) })
	var pins []pinLine
	for name, hash := range c.pins {
		if base.pins[name] != hash {
			pins = append(pins, pinLine{name, hash})
		}
	}
	for name := range base.pins {
		if _, has := c.pins[name]; !has {
			pins = append(pins, pinLine{name, ""})
		}
	}
	slices.SortFunc(pins, func(a, b pinLine) int { return strings.Compare(a.Pin, b.Pin) })
	return types, pins
}

// with returns the content of an entry whose base has this one.
func (c content) with(e *written) content {
	now := content{maps.Clone(c.types), maps.Clone(c.pins)}
	for _, l := range e.types {
		if l.Gone {
			delete(now.types, l.Type)
		} else {
			now.types[l.Type] = l
		}
	}
	for _, p := range e.pins {
		if p.Hash == "" {
			delete(now.pins, p.Pin)
		} else {
			now.pins[p.Pin] = p.Hash
		}
	}
	return now
}

// hash is the state of an entry: sha256 of a line for each type, pin and flag,
// and one for the seals.
func (c content) hash(e *written) string {
	h := sha256.New()
	for _, flag := range e.flags {
		fmt.Fprintf(h, "flag %s\n", phrase.JSON(flag))
	}
	fmt.Fprintf(h, "seal %v %d\n", e.seal.Reads, e.seal.Writes)
	for _, name := range slices.Sorted(maps.Keys(c.types)) {
		fmt.Fprintf(h, "type %s %s\n", phrase.JSON(name), c.types[name].Fingerprint)
	}
	for _, name := range slices.Sorted(maps.Keys(c.pins)) {
		fmt.Fprintf(h, "pin %s %s\n", phrase.JSON(name), c.pins[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// resolver turns files into entries: it follows their bases, and reads the
// definitions that they name, each once.
type resolver struct {
	parsed
	dir     fs.FS // the golden directory
	written map[string]*written
	known   map[string]content // by release
	types   map[string]func() (*definition.Type, error)
}

// resolve returns the entries in no order.
func (p parsed) resolve(dir fs.FS, files []written) ([]Entry, error) {
	r := resolver{parsed: p, dir: dir, written: map[string]*written{}, known: map[string]content{}, types: map[string]func() (*definition.Type, error){}}
	for i := range files {
		r.written[files[i].name] = &files[i]
	}
	entries := make([]Entry, len(files))
	for i := range files {
		c, err := r.content(&files[i], nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", EntryPath(files[i].name), err)
		}
		for _, line := range c.types {
			r.expect(line)
		}
		entries[i] = entryOf(&files[i], c)
	}
	if err := r.readAll(); err != nil {
		return nil, err
	}
	for i := range entries {
		e := &entries[i]
		for _, name := range slices.Sorted(maps.Keys(e.content.types)) {
			line := e.content.types[name]
			t, err := r.definitionOf(line)
			if err != nil {
				return nil, fmt.Errorf("%s/%s: %w", LedgerPath, line.File, err)
			}
			if line.File != "" {
				if again := lineOf(t, line.Fingerprint); again.layOut() != line.layOut() {
					return nil, fmt.Errorf("%s: %w: what it says of %q is not what the definition says", EntryPath(e.Name), golden.ErrEdited, name)
				}
			}
			e.Types = append(e.Types, t)
		}
	}
	return entries, nil
}

func entryOf(w *written, c content) Entry {
	return Entry{
		Release: Release{Name: w.name, Source: "release:" + w.name, Flags: w.flags, Seal: w.seal, Pins: c.pins},
		Number:  w.number, content: c,
	}
}

// content follows the bases of an entry. The names are those of the entries
// that build on it.
func (r *resolver) content(w *written, above []string) (content, error) {
	if c, ok := r.known[w.name]; ok {
		return c, nil
	}
	if slices.Contains(above, w.name) {
		return content{}, fmt.Errorf("%w: it builds on itself", golden.ErrEdited)
	}
	base := newContent()
	if w.base != "" {
		before, err := r.entry(w.base)
		if err != nil {
			return content{}, err
		}
		if base, err = r.content(before, append(above, w.name)); err != nil {
			return content{}, err
		}
	}
	c := base.with(w)
	if w.state != "" && (w.state != c.hash(w) || w.count != len(c.types)) {
		return content{}, fmt.Errorf("%w: %s says something else than when it was recorded", golden.ErrEdited, either(w.base))
	}
	r.known[w.name] = c
	return c, nil
}

// entry returns the entry of a release, of which the ledger need not list the
// file.
func (r *resolver) entry(name string) (*written, error) {
	if w := r.written[name]; w != nil {
		return w, nil
	}
	data, err := fs.ReadFile(r.dir, EntryPath(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("it builds on the release %q, %w", name, errMissing)
	}
	if err != nil {
		return nil, plainly(err)
	}
	w, err := r.parsed.entry(name+".json", data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", EntryPath(name), err)
	}
	r.written[name] = &w
	return &w, nil
}

func either(base string) string {
	if base == "" {
		return "it"
	}
	return fmt.Sprintf("it, or the release %q that it builds on,", base)
}

// expect prepares to read the definition of a line.
func (r *resolver) expect(l typeLine) {
	if l.definition != nil || r.types[l.Fingerprint] != nil {
		return
	}
	r.types[l.Fingerprint] = sync.OnceValues(func() (*definition.Type, error) {
		data, err := fs.ReadFile(r.dir, LedgerPath+"/"+l.File)
		if err != nil {
			return nil, plainly(err)
		}
		data = unixLines(data)
		if fingerprint(string(data)) != l.Fingerprint {
			return nil, fmt.Errorf("%w: the definition of %q has another fingerprint than it was recorded with", golden.ErrEdited, l.Type)
		}
		return r.parsed.definition(data)
	})
}

// readAll reads the definitions on all processors. Errors come again where the
// definitions are asked for.
func (r *resolver) readAll() error {
	group := errgroup.Group{}
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, read := range r.types {
		group.Go(func() error { read(); return nil })
	}
	return group.Wait()
}

func (r *resolver) definitionOf(l typeLine) (*definition.Type, error) {
	if l.definition != nil {
		return l.definition, nil
	}
	return r.types[l.Fingerprint]()
}
