package diff

import (
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// described puts a declaration into words: "bound, optional string or null".
// A role of "" is left out.
func described(a definition.Attribute, role definition.Role) string {
	var b strings.Builder
	switch role {
	case definition.Bound:
		b.WriteString("bound, ")
	case definition.Encrypted:
		b.WriteString("encrypted, ")
	case definition.Plain:
		b.WriteString("plain, ")
	}
	if a.Optional {
		b.WriteString("optional ")
	}
	b.WriteString(nounOf(a.Value))
	if a.Value.Nullable {
		b.WriteString(" or null")
	}
	if len(a.Value.Enum) > 0 {
		b.WriteString(", one of " + strings.Join(a.Value.Enum, ", "))
	}
	if a.Default != "" {
		b.WriteString(", by default " + a.Default)
	}
	return b.String()
}

// nounOf names what a value is.
func nounOf(v definition.Value) string {
	noun := v.Kind.Info().Noun
	switch {
	case v.Elem != nil:
		return noun + " of " + plural(nounOf(*v.Elem))
	case v.Kind == definition.Struct && v.Definition != "":
		return v.Definition
	}
	return noun
}

// elements is what a list or a map consists of.
func elements(k definition.Kind) string {
	if k == definition.Map {
		return "each value"
	}
	return "each item"
}

func plural(noun string) string {
	head, tail, split := strings.Cut(noun, " of ")
	switch {
	case strings.HasPrefix(head, "#"):
	case head == "JSON value":
		return "JSON values of any kind"
	default:
		head += "s"
	}
	if split {
		return head + " of " + tail
	}
	return head
}

func article(noun string) string {
	switch {
	case strings.HasPrefix(noun, "#"):
		return noun
	case strings.ContainsRune("aeio", rune(noun[0])):
		return "an " + noun
	default:
		return "a " + noun
	}
}
