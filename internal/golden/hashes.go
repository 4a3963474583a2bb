package golden

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/esogen/esogen/internal/definition"
)

// Hash is what the file of hashes says of one type.
type Hash struct {
	Type        string `json:"type"`
	Hash        string `json:"hash"` // the definition hash that Kibana pins, or "" for a retired type
	Retired     bool   `json:"retired"`
	Flag        string `json:"flag"` // without which the product does not use the type, or ""
	Models      []int  `json:"models"`
	Write       int    `json:"write"`
	Fingerprint string `json:"definition"` // of the golden definition
}

// Configuration is how many types a product uses if just these flags are on.
// Retired types do not count.
type Configuration struct {
	Flags []string `json:"flags"`
	Count int      `json:"count"`
}

// configurations lists those that a reviewer looks at: no flag on, each one
// alone, all of them. Without flags there is only one such product.
func configurations(types []*definition.Type) []Configuration {
	flags := definition.Flags(types)
	if len(flags) == 0 {
		return nil
	}
	sets := [][]string{{}}
	for _, flag := range flags {
		sets = append(sets, []string{flag})
	}
	if len(flags) > 1 {
		sets = append(sets, flags)
	}
	var list []Configuration
	for _, set := range sets {
		list = append(list, Configuration{set, len(definition.Used(types, set))})
	}
	return list
}

// Hashes returns the file of hashes: how many types there are, with which flags
// on, and a line for each, sorted by name.
func Hashes(types []*definition.Type) ([]byte, error) {
	l := layoutOf(definitionFormat)
	var lines []string
	sorted := slices.SortedFunc(slices.Values(types), func(a, b *definition.Type) int { return cmp.Compare(a.Name, b.Name) })
	for _, t := range sorted {
		line, err := l.hash(t, "    ")
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	top := l.block("")
	top.text("format", hashesFormat)
	top.number("count", len(types))
	var counts []string
	for _, c := range configurations(types) {
		o := l.inline("    ")
		o.values("flags", quotes(c.Flags))
		o.number("count", c.Count)
		counts = append(counts, o.line())
	}
	top.list("configurations", counts)
	top.list("types", lines)
	return []byte(top.lines() + "\n"), nil
}

func (l layout) hash(t *definition.Type, indent string) (string, error) {
	fingerprint, err := Fingerprint(t)
	if err != nil {
		return "", err
	}
	o := l.inline(indent)
	o.text("type", t.Name)
	o.flag("retired", t.Retired)
	if !t.Retired {
		o.text("flag", t.Flag)
	}
	numbers := make([]string, len(t.Models))
	for i := range t.Models {
		numbers[i] = strconv.Itoa(t.Models[i].Number)
	}
	o.values("models", numbers)
	o.number("write", t.Write)
	if !t.Retired {
		o.text("hash", t.Hash())
	}
	o.text("definition", fingerprint)
	return o.line(), nil
}

// ReadHashes returns what Hashes wrote, by name.
func ReadHashes(data []byte) ([]Hash, error) {
	if err := formatOf(data, hashesFormat); err != nil {
		return nil, err
	}
	var f struct {
		Format         string          `json:"format"`
		Count          int             `json:"count"`
		Configurations []Configuration `json:"configurations"`
		Types          []Hash          `json:"types"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEdited, err)
	}
	if f.Count != len(f.Types) {
		return nil, fmt.Errorf("%w: it counts %d types, and lists %d", ErrEdited, f.Count, len(f.Types))
	}
	for _, c := range f.Configurations {
		used := 0
		for _, h := range f.Types {
			if !h.Retired && (h.Flag == "" || slices.Contains(c.Flags, h.Flag)) {
				used++
			}
		}
		if used != c.Count {
			return nil, fmt.Errorf("%w: with the flags %q it counts %d types, and lists %d", ErrEdited, c.Flags, c.Count, used)
		}
	}
	return f.Types, nil
}
