package rollout

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/esogen/esogen/runtime/esotest"
)

// What a nested value should be is worked out on its JSON text, by other means
// than those of the runtime, which is under trial.

// decode parses a text that is known to be JSON.
func decode(text string) (v any) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		panic(err) // it is a sample, or the runtime wrote it
	}
	return v
}

// encode writes names sorted, so that equal values are equal texts.
func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // what was decoded can be encoded
	}
	return string(text)
}

// canonical returns the text that all texts of one value have in common.
func canonical(text string) string { return encode(decode(text)) }

// edited returns a text with another value at the end of a path into it, or
// none.
func edited(text string, path esotest.Path, value string) string {
	return encode(editTree(decode(text), path, value))
}

func editTree(v any, path esotest.Path, value string) any {
	if len(path) == 0 {
		return decode(value)
	}
	at, rest := path[0], path[1:]
	switch v := v.(type) {
	case map[string]any:
		if value == "" && len(rest) == 0 {
			delete(v, at.Name)
		} else {
			v[at.Name] = editTree(v[at.Name], rest, value)
		}
	case []any:
		v[at.Item] = editTree(v[at.Item], rest, value)
	}
	return v
}

// pathString writes a path into an attribute for a person.
func pathString(path esotest.Path) string {
	var b strings.Builder
	for _, h := range path {
		if h.Name != "" {
			b.WriteString("." + h.Name)
		} else {
			fmt.Fprintf(&b, "[%d]", h.Item)
		}
	}
	return b.String()
}
