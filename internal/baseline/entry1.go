package baseline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
	"github.com/esogen/esogen/internal/phrase"
)

// Entries of version 1 hold every definition of the release. Nothing writes
// them any more; those that exist are read for as long as there are ledgers:
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

const entryFormat1 = "esogen-release/1"

// inset is how far the lines of a definition are moved to the right.
const inset = "      "

// record1 is one type of such an entry.
type record1 struct {
	definition *definition.Type
	golden     string // the golden definition
}

// entry1 reads an entry of version 1.
func (p parsed) entry1(data []byte) (written, error) {
	var f struct {
		Release string `json:"release"`
		Number  int    `json:"number"`
		Types   []struct {
			Fingerprint string          `json:"fingerprint"`
			Definition  json.RawMessage `json:"definition"`
		} `json:"types"`
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return written{}, fmt.Errorf("%w: %w", golden.ErrEdited, err)
	}
	e := written{name: f.Release, number: f.Number}
	records := make([]record1, len(f.Types))
	for i, r := range f.Types {
		own := strings.ReplaceAll(string(r.Definition), "\n"+inset, "\n") + "\n"
		t, err := p.definition([]byte(own))
		if err != nil {
			return written{}, fmt.Errorf("type number %d: %w", i+1, err)
		}
		if sum := fingerprint(own); sum != r.Fingerprint {
			return written{}, fmt.Errorf("%w: the definition of %q has another fingerprint than it was recorded with", golden.ErrEdited, t.Name)
		}
		records[i] = record1{t, own}
		e.types = append(e.types, typeLine{Type: t.Name, Fingerprint: r.Fingerprint, definition: t})
	}
	if again := layOut1(f.Release, f.Number, records); !bytes.Equal(again, data) {
		return written{}, fmt.Errorf("%w: line %d differs", golden.ErrEdited, firstDifference(data, again))
	}
	return e, nil
}

func layOut1(name string, number int, records []record1) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n  \"format\": %s,\n  \"release\": %s,\n  \"number\": %d,\n  \"count\": %d,\n  \"types\": [",
		phrase.JSON(entryFormat1), phrase.JSON(name), number, len(records))
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

func (r record1) layOut(b *bytes.Buffer) {
	t := r.definition
	line := func(name, value string) { fmt.Fprintf(b, "\n%s%q: %s,", inset, name, value) }
	b.WriteString("\n    {")
	line("type", phrase.JSON(t.Name))
	if t.Retired {
		line("retired", "true")
	} else {
		line("hash", phrase.JSON(t.Hash()))
	}
	line("models", numbers(modelNumbers(t)))
	line("write", strconv.Itoa(t.Write))
	line("fingerprint", phrase.JSON(fingerprint(r.golden)))
	shifted := strings.ReplaceAll(strings.TrimSuffix(r.golden, "\n"), "\n", "\n"+inset)
	fmt.Fprintf(b, "\n%s\"definition\": %s\n    }", inset, shifted)
}
