package baseline

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
)

// An entry of the ledger is a file like this one, laid out for a diff:
//
//	{
//	  "format": "esogen-release/1",
//	  "release": "v2",
//	  "number": 2,
//	  "count": 1,
//	  "types": [
//	    {
//	      "type": "connector_token",
//	      "hash": "…",
//	      "models": [1, 2],
//	      "write": 1,
//	      "fingerprint": "…",
//	      "definition": {
//	        "format": "esogen-definition/1",
//	        …
//	      }
//	    }
//	  ]
//	}
//
// The definition is the golden one, each line moved to the right; the
// fingerprint is that of the golden file. What stands before it follows from
// it, and is there for the reader. A retired type has "retired": true and no
// hash.

const entryFormat = "esogen-release/1"

// inset is how far the lines of a definition are moved to the right.
const inset = "      "

// Record returns the file that records a release. It is the same for the same
// types, always. It fails where a definition has no golden form.
func Record(name string, number int, types []*definition.Type) ([]byte, error) {
	sorted := slices.SortedFunc(slices.Values(types), byName)
	records := make([]record, len(sorted))
	for i, t := range sorted {
		data, err := golden.Marshal(t)
		if err != nil {
			return nil, err
		}
		records[i] = record{t, string(data)}
	}
	return layOut(name, number, records), nil
}

// record is one type of an entry.
type record struct {
	definition *definition.Type
	golden     string // the golden definition
}

func layOut(name string, number int, records []record) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n  \"format\": %s,\n  \"release\": %s,\n  \"number\": %d,\n  \"count\": %d,\n  \"types\": [",
		quote(entryFormat), quote(name), number, len(records))
	for i, r := range records {
		if i > 0 {
			b.WriteByte(',')
		}
		r.layOut(&b)
	}
	if len(records) > 0 {
		b.WriteString("\n  ")
	}
	b.WriteString("]\n}\n")
	return b.Bytes()
}

func (r record) layOut(b *bytes.Buffer) {
	t := r.definition
	line := func(name, value string) { fmt.Fprintf(b, "\n%s%q: %s,", inset, name, value) }
	b.WriteString("\n    {")
	line("type", quote(t.Name))
	if t.Retired {
		line("retired", "true")
	} else {
		line("hash", quote(t.Hash()))
	}
	line("models", numbers(t))
	line("write", strconv.Itoa(t.Write))
	line("fingerprint", quote(fingerprint(r.golden)))
	shifted := strings.ReplaceAll(strings.TrimSuffix(r.golden, "\n"), "\n", "\n"+inset)
	fmt.Fprintf(b, "\n%s\"definition\": %s\n    }", inset, shifted)
}

func numbers(t *definition.Type) string {
	texts := make([]string, len(t.Models))
	for i := range t.Models {
		texts[i] = strconv.Itoa(t.Models[i].Number)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// quote writes a name as a JSON string. Names have nothing to escape.
func quote(s string) string { return strconv.Quote(s) }

// ReadEntry reads a file of the ledger, given its name without a directory. It
// is strict: an entry that esogen would not write so is an error, a changed
// definition too.
func ReadEntry(file string, data []byte) (Entry, error) { return newParsed().entry(file, data) }

func (p parsed) entry(file string, data []byte) (Entry, error) {
	data = unixLines(data)
	if !bytes.HasPrefix(data, []byte("{\n  \"format\": "+quote(entryFormat)+",\n")) {
		return Entry{}, otherFormat(data)
	}
	var f struct {
		Release string `json:"release"`
		Number  int    `json:"number"`
		Types   []struct {
			Fingerprint string          `json:"fingerprint"`
			Definition  json.RawMessage `json:"definition"`
		} `json:"types"`
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return Entry{}, fmt.Errorf("%w: %w", golden.ErrEdited, err)
	}
	switch {
	case CheckName(f.Release) != nil || f.Number < 1:
		return Entry{}, fmt.Errorf("%w: release %q, number %d", golden.ErrEdited, f.Release, f.Number)
	case f.Release+".json" != file:
		return Entry{}, fmt.Errorf("%w: it records the release %q, whose file is %s.json", golden.ErrEdited, f.Release, f.Release)
	}
	e := Entry{Release{Name: f.Release, Source: "release:" + f.Release}, f.Number}
	records := make([]record, len(f.Types))
	for i, r := range f.Types {
		own := strings.ReplaceAll(string(r.Definition), "\n"+inset, "\n") + "\n"
		t, err := p.definition([]byte(own))
		if err != nil {
			return Entry{}, fmt.Errorf("type number %d: %w", i+1, err)
		}
		if sum := fingerprint(own); sum != r.Fingerprint {
			return Entry{}, fmt.Errorf("%w: the definition of %q has another fingerprint than it was recorded with", golden.ErrEdited, t.Name)
		}
		records[i] = record{t, own}
		e.Types = append(e.Types, t)
	}
	if again := layOut(f.Release, f.Number, records); !bytes.Equal(again, data) {
		return Entry{}, fmt.Errorf("%w: line %d differs", golden.ErrEdited, firstDifference(data, again))
	}
	if !slices.IsSortedFunc(e.Types, byName) {
		return Entry{}, fmt.Errorf("%w: its types are not sorted", golden.ErrEdited)
	}
	return e, nil
}

// otherFormat says what a file is that does not begin as an entry does.
func otherFormat(data []byte) error {
	var head struct{ Format string }
	if err := json.Unmarshal(data, &head); err != nil {
		return fmt.Errorf("%w: %w", golden.ErrEdited, err)
	}
	if head.Format == entryFormat {
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
