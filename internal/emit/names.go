package emit

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// scope hands out the identifiers of one Go scope, each once.
type scope map[string]bool

func newScope(taken ...string) scope {
	s := scope{}
	for _, name := range taken {
		s[name] = true
	}
	return s
}

// take returns the first candidate that is free, or else the last one with a
// number behind it, and takes it.
func (s scope) take(candidates ...string) string {
	i := slices.IndexFunc(candidates, func(name string) bool { return !s[name] })
	if i >= 0 {
		s[candidates[i]] = true
		return candidates[i]
	}
	last := candidates[len(candidates)-1]
	for number := 2; ; number++ {
		if name := fmt.Sprintf("%s%d", last, number); !s[name] {
			s[name] = true
			return name
		}
	}
}

// takenNames are the exported identifiers of every generated package, those of
// its tests included.
var takenNames = []string{
	"Apply", "Fingerprint", "Migrate", "New", "Objects", "Open", "Patch", "Read", "Ref", "Seal", "Type", "Update",
	"TestDefinition", "TestGoldenDocuments", "TestRoundTrip", "TestUpgradeAndRollback", "TestTampering",
}

// lowerFirst makes an identifier unexported: "ScopePattern" becomes
// "scopePattern", "SSLKeyPattern" becomes "sslKeyPattern".
func lowerFirst(name string) string {
	runes := []rune(name)
	upper := 0
	for upper < len(runes) && isUpper(runes[upper]) {
		upper++
	}
	if upper > 1 && upper < len(runes) {
		upper-- // the last capital begins the next word
	}
	return strings.ToLower(string(runes[:upper])) + string(runes[upper:])
}

func isUpper(r rune) bool { return strings.ToLower(string(r)) != string(r) }

// reserved reports whether a parameter of that name would not compile, or hide
// what the types of a signature refer to.
func reserved(name string) bool {
	return token.IsKeyword(name) || types.Universe.Lookup(name) != nil || name == "eso" || name == "esoimpl" || name == "time"
}
