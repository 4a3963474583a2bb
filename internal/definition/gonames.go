package definition

import (
	"fmt"
	"go/token"
	"slices"
	"strings"
	"unicode"
)

// GoName turns a name of a spec into an exported Go identifier: "connectorId"
// becomes "ConnectorID", "ssl.key" becomes "SSLKey". It returns "" if the
// name holds nothing that an exported identifier can begin with; such a name
// needs @go(Name).
func GoName(name string) string {
	joined := joinWords(words(name))
	if !IsExportedGoName(joined) {
		return ""
	}
	return joined
}

// IsExportedGoName reports whether s is an exported Go identifier.
func IsExportedGoName(s string) bool { return token.IsIdentifier(s) && token.IsExported(s) }

// FieldName returns the Go name of a field: the one that @go gives, or else
// the one that follows from its name. It is "" if there is none.
func (a *Attribute) FieldName() string {
	if a.GoName != "" {
		return a.GoName
	}
	return GoName(a.Name)
}

// TypeName returns the Go name of the shared definition that a value comes
// from: the one that @go gives, or else the one that follows from its label.
// It is "" if there is none.
func (v *Value) TypeName() string {
	if v.GoName != "" {
		return v.GoName
	}
	return GoName(v.Definition)
}

// ObjectName returns the Go name of the type: the one that @go gives, or else
// the one that follows from its name. A name that begins with a digit gets a
// prefix.
func (t *Type) ObjectName() string {
	if t.GoName != "" {
		return t.GoName
	}
	if name := GoName(t.Name); name != "" {
		return name
	}
	return "Type" + joinWords(words(t.Name))
}

// Package returns the name of the Go package of the type, which follows from
// @go where the spec has it, and from the type's name where not.
func (t *Type) Package() string {
	if t.GoName != "" {
		return PackageName(t.GoName)
	}
	return PackageName(t.Name)
}

// PackageName turns the name of a type into the name of a Go package and of
// its folder: "connector_token" becomes "connectortoken". A name that Go or a
// file system has other plans for gets "object" behind it.
func PackageName(typeName string) string {
	var b strings.Builder
	for _, r := range typeName {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	name := b.String()
	switch {
	case name == "":
		return "object"
	case !unicode.IsLetter([]rune(name)[0]):
		return "type" + name
	case token.IsKeyword(name), slices.Contains(takenPackages, name), isDevice(name):
		return name + "object"
	}
	return name
}

// takenPackages are the names that mean something else to the go command, or
// that the generated code imports.
var takenPackages = []string{"all", "cmd", "eso", "init", "internal", "main", "std", "test", "testdata", "vendor"}

// FileName turns the name of a type into the stem of a file's name. It is the
// name itself, apart from those that Windows takes for devices; since the
// name of a type begins with a letter or a digit, "_" makes no new collision.
func FileName(typeName string) string {
	stem, _, _ := strings.Cut(typeName, ".")
	if isDevice(strings.ToLower(stem)) {
		return "_" + typeName
	}
	return typeName
}

// isDevice reports whether Windows takes a file of that lower-case name, with
// any extension, for a device.
func isDevice(name string) bool {
	switch name {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(name) == 4 && (name[:3] == "com" || name[:3] == "lpt") && name[3] >= '0' && name[3] <= '9'
}

// ConstantNames returns the Go names of the constants of an enum, one per
// value in order, each beginning with prefix: "TokenTypeBearer" for "bearer".
// A value that has no name of its own, or that of an earlier one, is spelled
// out, since an enum has no place for @go: "TokenType_a_u2D_b" for "a-b".
func ConstantNames(prefix string, enum []string) []string {
	names := make([]string, len(enum))
	taken := map[string]bool{}
	for i, text := range enum {
		value := enumText(text)
		suffix := joinWords(words(strings.Replace(value, "-", minus(value), 1)))
		switch {
		case value == "":
			suffix = "Empty"
		case hasSymbol(value):
			suffix = "" // ">=" and "a>=" are more than their letters
		}
		name := prefix + suffix
		if suffix == "" || taken[name] {
			name = prefix + "_" + spelled(value)
		}
		taken[name] = true
		names[i] = name
	}
	return names
}

// enumText is the value of an enum without the quotes of a string.
func enumText(text string) string {
	if s, err := stringOf(text); err == nil {
		return s
	}
	return text
}

// minus spells the sign of a negative number.
func minus(value string) string {
	if len(value) > 1 && value[0] == '-' && value[1] >= '0' && value[1] <= '9' {
		return "Minus "
	}
	return "-"
}

// hasSymbol reports whether a value has characters that its words would lose,
// and that are more than separators.
func hasSymbol(value string) bool {
	return strings.ContainsFunc(value, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" _-./:", r)
	})
}

// spelled writes a text injectively in characters of a Go identifier.
func spelled(value string) string {
	var b strings.Builder
	for _, r := range value {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "_u%X_", r)
		}
	}
	return strings.TrimSuffix(b.String(), "_")
}

// words splits a name where it has separators, and where its case changes:
// "apiKeyID2_old" has the words "api", "Key", "ID2", "old".
func words(name string) []string {
	var found []string
	runes := []rune(name)
	start := 0
	flush := func(end int) {
		if end > start {
			found = append(found, string(runes[start:end]))
		}
		start = end
	}
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush(i)
			start = i + 1
		case i > start && unicode.IsUpper(r) && (!unicode.IsUpper(runes[i-1]) || endsRunOfCapitals(runes, i)):
			flush(i)
		}
	}
	flush(len(runes))
	return found
}

// endsRunOfCapitals reports whether the capital at i begins the next word: the
// "K" of "APIKey". The "s" of "IDs" begins none.
func endsRunOfCapitals(runes []rune, i int) bool {
	if i+1 >= len(runes) || !unicode.IsLower(runes[i+1]) {
		return false
	}
	plural := runes[i+1] == 's' && (i+2 == len(runes) || !unicode.IsLower(runes[i+2]))
	return !plural
}

func joinWords(words []string) string {
	var b strings.Builder
	last := rune(0)
	for _, word := range words {
		runes := []rune(capitalised(word))
		if unicode.IsDigit(last) && unicode.IsDigit(runes[0]) {
			b.WriteByte('_') // "1_2" is not "12"
		}
		b.WriteString(string(runes))
		last = runes[len(runes)-1]
	}
	return b.String()
}

func capitalised(word string) string {
	lower := strings.ToLower(word)
	if initialisms[lower] {
		return strings.ToUpper(word)
	}
	if singular, ok := strings.CutSuffix(lower, "s"); ok && initialisms[singular] {
		return strings.ToUpper(singular) + "s"
	}
	runes := []rune(word)
	runes[0] = unicode.ToUpper(runes[0])
	return string(runes)
}

// initialisms are the words that Go writes in capitals
// (https://go.dev/wiki/CodeReviewComments#initialisms), and those of this
// trade.
var initialisms = func() map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(`acl aes api ascii aws ca cpu css dns eof fips gcm gcp guid hmac html http https
		iam id ip json jwt kms lhs mfa oidc os qps ram rhs rpc saml sha sla smtp sni sql ssh ssl sso tcp tls ttl udp ui uid
		uri url utf8 uuid vm xml xmpp xsrf xss yaml`) {
		set[word] = true
	}
	return set
}()
