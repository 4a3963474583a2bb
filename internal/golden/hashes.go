package golden

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// Hash is what the file of hashes says of one type.
type Hash struct {
	Type        string `json:"type"`
	Hash        string `json:"hash"` // the definition hash that Kibana pins, or "" for a retired type
	Retired     bool   `json:"retired"`
	Models      []int  `json:"models"`
	Write       int    `json:"write"`
	Fingerprint string `json:"definition"` // of the golden definition
}

// Hashes returns the file of hashes: how many types there are, and a line for
// each, sorted by name.
func Hashes(types []*definition.Type) ([]byte, error) {
	var lines []string
	sorted := slices.SortedFunc(slices.Values(types), func(a, b *definition.Type) int { return cmp.Compare(a.Name, b.Name) })
	for _, t := range sorted {
		line, err := hashLine(t)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	var top object
	top.text("format", hashesFormat)
	top.number("count", len(types))
	top.list("types", lines, "  ")
	return []byte(top.block("") + "\n"), nil
}

func hashLine(t *definition.Type) (string, error) {
	fingerprint, err := Fingerprint(t)
	if err != nil {
		return "", err
	}
	var o object
	o.text("type", t.Name)
	if t.Retired {
		o.flag("retired", true)
	} else {
		o.text("hash", t.Hash())
	}
	numbers := make([]string, len(t.Models))
	for i := range t.Models {
		numbers[i] = strconv.Itoa(t.Models[i].Number)
	}
	o.raw("models", "["+strings.Join(numbers, ", ")+"]")
	o.number("write", t.Write)
	o.text("definition", fingerprint)
	return o.line(), nil
}

// ReadHashes returns what Hashes wrote, by name.
func ReadHashes(data []byte) ([]Hash, error) {
	if err := formatOf(data, hashesFormat); err != nil {
		return nil, err
	}
	var f struct {
		Format string `json:"format"`
		Count  int    `json:"count"`
		Types  []Hash `json:"types"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEdited, err)
	}
	if f.Count != len(f.Types) {
		return nil, fmt.Errorf("%w: it counts %d types, and lists %d", ErrEdited, f.Count, len(f.Types))
	}
	return f.Types, nil
}
