package baseline

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
	"github.com/esogen/esogen/internal/phrase"
)

// An entry of the ledger is a file like this one:
//
//	{
//	  "format": "esogen-release/3",
//	  "release": "v2",
//	  "number": 2,
//	  "base": "v1",
//	  "flags": [],
//	  "seal": {"reads": [1, 2], "writes": 2},
//	  "types": [
//	    {"type": "connector_token", "models": [1, 2], "write": 1,
//	      "hash": "…",
//	      "fingerprint": "…",
//	      "file": "definitions/connector_token-….json"},
//	    {"type": "session", "gone": true}
//	  ],
//	  "pins": [],
//	  "count": 1,
//	  "state": "…"
//	}
//
// It lists what differs from the base, an earlier entry; the first one has the
// base "" and lists everything. So the ledger grows with what changes. The base
// is named and not the one before, so that two branches may each record a
// release: whatever order they get, each entry still says the same.
//
// A golden definition is kept once, in the file that its fingerprint names;
// hash, models and write follow from it, and are there for the reader. A retired
// type has "retired": true and no hash. State is a hash of everything that the
// release has, whichever entry says so: a base that changed is noticed.
//
// Pins maps what a release pins to a hash of it: what handwritten functions
// returned on golden inputs, so that check can say which of them changed. The
// ledger does not interpret the names.
//
// Version 2 had all there is to say of a type on one line, the hash before the
// models.
const (
	entryFormat  = "esogen-release/3"
	entryFormat2 = "esogen-release/2"
)

// SealVersions are the header versions of native seals that a release's runtime
// knows. The zero value means that nothing was recorded.
type SealVersions struct {
	Reads  []int `json:"reads"` // ascending
	Writes int   `json:"writes"`
}

// Recording is what "esogen release" records.
type Recording struct {
	Name  string
	Types []*definition.Type
	Flags []string          // that may be on in this release
	Seal  SealVersions      // of the runtime
	Pins  map[string]string // hashes of pinned outputs, by what they pin

	// Number orders releases; 0 is the one after all others.
	Number int
}

// Record returns the files that add a release to a ledger, by their paths
// relative to the golden directory, and the number of the release. They are the
// same for the same arguments, always. It fails if a definition has no
// golden form.
func Record(ledger []Entry, r Recording) (files map[string][]byte, number int, err error) {
	e := written{format: entryFormat, name: r.Name, number: r.Number, flags: slices.Sorted(slices.Values(r.Flags)), seal: r.Seal}
	e.flags = slices.Compact(e.flags)
	if e.number == 0 {
		e.number = Next(ledger)
	}
	base := newContent()
	if n := len(ledger); n > 0 {
		e.base, base = ledger[n-1].Name, ledger[n-1].content
	}
	files = map[string][]byte{}
	now := newContent()
	for _, t := range r.Types {
		data, err := golden.Marshal(t)
		if err != nil {
			return nil, 0, err
		}
		line := lineOf(t, fingerprint(string(data)))
		now.types[t.Name] = line
		if base.types[t.Name].Fingerprint != line.Fingerprint {
			files[LedgerPath+"/"+line.File] = data
		}
	}
	for name, hash := range r.Pins {
		now.pins[name] = hash
	}
	e.types, e.pins = now.since(base)
	e.count, e.state = len(now.types), now.hash(&e)
	files[EntryPath(r.Name)] = e.layOut()
	return files, e.number, nil
}

// written is an entry as its file has it: what differs from the base.
type written struct {
	format string
	name   string
	number int
	base   string
	flags  []string
	seal   SealVersions
	types  []typeLine // sorted by name
	pins   []pinLine  // sorted by name
	count  int        // how many types the release has
	state  string     // "" in version 1
}

// typeLine is one type of an entry, either as the release has it or gone.
type typeLine struct {
	Type        string `json:"type"`
	Gone        bool   `json:"gone"`
	Retired     bool   `json:"retired"`
	Hash        string `json:"hash"`
	Models      []int  `json:"models"`
	Write       int    `json:"write"`
	Fingerprint string `json:"fingerprint"`
	File        string `json:"file"` // relative to the ledger; "" in version 1

	definition *definition.Type // of version 1, which holds it
}

// pinLine is one pin of an entry; the hash "" means that it is gone.
type pinLine struct {
	Pin  string `json:"pin"`
	Hash string `json:"hash"`
}

func lineOf(t *definition.Type, fingerprint string) typeLine {
	line := typeLine{Type: t.Name, Retired: t.Retired, Models: modelNumbers(t), Write: t.Write, Fingerprint: fingerprint, File: definitionFile(t.Name, fingerprint)}
	if !t.Retired {
		line.Hash = t.Hash()
	}
	return line
}

// definitionFile is where a definition is kept, relative to the ledger. The
// name of the type is for the reader.
func definitionFile(name, fingerprint string) string {
	return "definitions/" + definition.FileName(name) + "-" + fingerprint[:16] + ".json"
}

func (e *written) layOut() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n  \"format\": %s,\n  \"release\": %s,\n  \"number\": %d,\n  \"base\": %s,\n  \"flags\": [%s],\n  \"seal\": {\"reads\": %s, \"writes\": %d},\n",
		phrase.JSON(e.format), phrase.JSON(e.name), e.number, phrase.JSON(e.base), strings.Join(mapped(e.flags, phrase.JSON), ", "), numbers(e.seal.Reads), e.seal.Writes)
	layOut := typeLine.layOut
	if e.format == entryFormat2 {
		layOut = typeLine.layOut2
	}
	list(&b, "types", mapped(e.types, layOut))
	list(&b, "pins", mapped(e.pins, func(p pinLine) string {
		return fmt.Sprintf("{\"pin\": %s, \"hash\": %s}", phrase.JSON(p.Pin), phrase.JSON(p.Hash))
	}))
	fmt.Fprintf(&b, "  \"count\": %d,\n  \"state\": %s\n}\n", e.count, phrase.JSON(e.state))
	return b.Bytes()
}

func (l typeLine) layOut() string {
	if l.Gone {
		return fmt.Sprintf("{\"type\": %s, \"gone\": true}", phrase.JSON(l.Type))
	}
	return fmt.Sprintf("{\"type\": %s, \"models\": %s, \"write\": %d,\n      %s,\n      \"fingerprint\": %s,\n      \"file\": %s}",
		phrase.JSON(l.Type), numbers(l.Models), l.Write, l.kind(), phrase.JSON(l.Fingerprint), phrase.JSON(l.File))
}

func (l typeLine) layOut2() string {
	if l.Gone {
		return l.layOut()
	}
	return fmt.Sprintf("{\"type\": %s, %s, \"models\": %s, \"write\": %d, \"fingerprint\": %s, \"file\": %s}",
		phrase.JSON(l.Type), l.kind(), numbers(l.Models), l.Write, phrase.JSON(l.Fingerprint), phrase.JSON(l.File))
}

// kind is the member that a used and a retired type do not share.
func (l typeLine) kind() string {
	if l.Retired {
		return `"retired": true`
	}
	return `"hash": ` + phrase.JSON(l.Hash)
}

// list writes a member with a line per item.
func list(b *bytes.Buffer, name string, items []string) {
	fmt.Fprintf(b, "  %q: [", name)
	for i, item := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n    " + item)
	}
	if len(items) > 0 {
		b.WriteString("\n  ")
	}
	b.WriteString("],\n")
}

func mapped[T any](list []T, text func(T) string) []string {
	texts := make([]string, len(list))
	for i, item := range list {
		texts[i] = text(item)
	}
	return texts
}

func modelNumbers(t *definition.Type) []int {
	list := make([]int, len(t.Models))
	for i := range t.Models {
		list[i] = t.Models[i].Number
	}
	return list
}

func numbers(list []int) string { return "[" + strings.Join(mapped(list, strconv.Itoa), ", ") + "]" }

// entry reads a file of the ledger, given its name without a directory. It is
// strict: an entry that esogen would not write so is an error. Definitions that
// are in files of their own, and what the base says, are for resolve.
func (p parsed) entry(file string, data []byte) (written, error) {
	data = unixLines(data)
	var e written
	var err error
	switch {
	case begins(data, entryFormat):
		e, err = readEntry(data, entryFormat)
	case begins(data, entryFormat2):
		e, err = readEntry(data, entryFormat2)
	case begins(data, entryFormat1):
		e, err = p.entry1(data)
	default:
		return written{}, otherFormat(data)
	}
	switch {
	case err != nil:
		return written{}, err
	case CheckName(e.name) != nil || e.number < 1:
		return written{}, fmt.Errorf("%w: release %q, number %d", golden.ErrEdited, e.name, e.number)
	case e.name+".json" != file:
		return written{}, fmt.Errorf("%w: it records the release %q, whose file is %s.json", golden.ErrEdited, e.name, e.name)
	case !slices.IsSortedFunc(e.types, func(a, b typeLine) int { return strings.Compare(a.Type, b.Type) }):
		return written{}, fmt.Errorf("%w: its types are not sorted", golden.ErrEdited)
	}
	return e, nil
}

func begins(data []byte, format string) bool {
	return bytes.HasPrefix(data, []byte("{\n  \"format\": "+phrase.JSON(format)+",\n"))
}

// readEntry reads an entry of version 2 or 3.
func readEntry(data []byte, format string) (written, error) {
	var f struct {
		Release string       `json:"release"`
		Number  int          `json:"number"`
		Base    string       `json:"base"`
		Flags   []string     `json:"flags"`
		Seal    SealVersions `json:"seal"`
		Types   []typeLine   `json:"types"`
		Pins    []pinLine    `json:"pins"`
		Count   int          `json:"count"`
		State   string       `json:"state"`
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return written{}, notJSON(data, err)
	}
	e := written{format, f.Release, f.Number, f.Base, f.Flags, f.Seal, f.Types, f.Pins, f.Count, f.State}
	for _, l := range e.types {
		if !l.Gone && (len(l.Fingerprint) != 2*sha256.Size || l.File != definitionFile(l.Type, l.Fingerprint)) {
			return written{}, fmt.Errorf("%w: the definition of %q is not where its fingerprint says", golden.ErrEdited, l.Type)
		}
	}
	if again := e.layOut(); !bytes.Equal(again, data) {
		return written{}, fmt.Errorf("%w: line %d differs", golden.ErrEdited, firstDifference(data, again))
	}
	return e, nil
}

// errConflict means that git could not merge a file.
var errConflict = errors.New("it has conflict markers of git")

// notJSON says what is wrong with a file that does not parse.
func notJSON(data []byte, err error) error {
	if bytes.Contains(data, []byte("\n<<<<<<< ")) || bytes.HasPrefix(data, []byte("<<<<<<< ")) {
		return errConflict
	}
	return fmt.Errorf("%w: %w", golden.ErrEdited, err)
}

// otherFormat says what a file is that does not begin as an entry does.
func otherFormat(data []byte) error {
	var head struct{ Format string }
	if err := json.Unmarshal(data, &head); err != nil {
		return notJSON(data, err)
	}
	if slices.Contains([]string{entryFormat, entryFormat2, entryFormat1}, head.Format) {
		return fmt.Errorf("%w: line 1 differs", golden.ErrEdited)
	}
	return inWords(fmt.Errorf("%w: %q, where %q is expected", golden.ErrFormat, head.Format, entryFormat), data)
}

func fingerprint(data string) string {
	sum := sha256.Sum256([]byte(data))
	return hex.EncodeToString(sum[:])
}

func firstDifference(a, b []byte) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return bytes.Count(a[:n], []byte("\n")) + 1
}
