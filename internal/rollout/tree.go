package rollout

import (
	"fmt"
	"strconv"
	"strings"
)

// What should become of a nested value is worked out on its JSON text.

// canonical returns the text that all texts of one value have in common.
func canonical(text string) string { return encode(decode(text)) }

// edited returns a text with another value at the end of a way into it, or none.
func edited(text string, way []hop, value string) string {
	return encode(editTree(decode(text), way, value))
}

func editTree(v any, way []hop, value string) any {
	if len(way) == 0 {
		return decode(value)
	}
	at, rest := way[0], way[1:]
	switch v := v.(type) {
	case map[string]any:
		if value == "" && len(rest) == 0 {
			delete(v, at.name)
		} else {
			v[at.name] = editTree(v[at.name], rest, value)
		}
	case []any:
		v[at.item] = editTree(v[at.item], rest, value)
	}
	return v
}

// wayString writes a way into an attribute.
func wayString(way []hop) string {
	var b strings.Builder
	for _, h := range way {
		if h.name != "" {
			b.WriteString("." + h.name)
		} else {
			fmt.Fprintf(&b, "[%d]", h.item)
		}
	}
	return b.String()
}

// wayLiteral writes it as Go.
func wayLiteral(way []hop) string {
	hops := make([]string, len(way))
	for i, h := range way {
		hops[i] = "{name: " + strconv.Quote(h.name) + "}"
		if h.name == "" {
			hops[i] = fmt.Sprintf("{item: %d}", h.item)
		}
	}
	return "[]hop{" + strings.Join(hops, ", ") + "}"
}
