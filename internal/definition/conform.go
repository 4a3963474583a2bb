package definition

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Conform returns why a JSON text is not a value of the declaration, or nil if
// it is one. It is for texts of a spec, such as backfills and defaults.
func Conform(v Value, text string) error { return conformText(v, text, false) }

// Accept is Conform for a value of an object: a nested struct may have fields
// that it does not declare, as in a codec. The error names rules of the
// declaration, and never a value.
func Accept(v Value, text string) error { return conformText(v, text, true) }

func conformText(v Value, text string, lenient bool) error {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var decoded any
	if err := decoder.Decode(&decoded); err != nil {
		return errors.New("not JSON")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return conformer{lenient}.value(v, decoded, "")
}

// conformer walks a declaration and a value.
type conformer struct {
	lenient bool // a struct may have unknown fields
}

func (c conformer) value(v Value, decoded any, path string) error {
	refuse := func(format string, args ...any) error {
		reason := fmt.Sprintf(format, args...)
		if path != "" {
			return fmt.Errorf("%s: %s", path, reason)
		}
		return errors.New(reason)
	}
	if v.Kind == JSON {
		return nil
	}
	if decoded == nil {
		if v.Nullable {
			return nil
		}
		return refuse("null, where %s is declared", withArticle(string(v.Kind)))
	}
	if got := jsonKindOf(decoded); got != v.Kind.Info().JSON {
		return refuse("%s, where %s is declared", withArticle(string(got)), withArticle(string(v.Kind)))
	}
	var reason string
	switch value := decoded.(type) {
	case string:
		reason = refuseString(v, value)
	case json.Number:
		reason = refuseNumber(v, value.String())
	case []any:
		if reason = refuseLength(v, len(value), "items"); reason == "" {
			return c.list(v, value, path)
		}
	case map[string]any:
		if v.Kind == Struct {
			return c.object(v, value, path)
		}
		if reason = refuseLength(v, len(value), "members"); reason == "" {
			return c.mapping(v, value, path)
		}
	}
	if reason != "" {
		return refuse("%s", reason)
	}
	return nil
}

func (c conformer) list(v Value, list []any, path string) error {
	if v.Elem == nil {
		return nil
	}
	for i, item := range list {
		if err := c.value(*v.Elem, item, fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	return nil
}

func (c conformer) mapping(v Value, members map[string]any, path string) error {
	if v.Elem == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		below := joinPath(path, name)
		if c.lenient {
			below = joinPath(path, "*") // the names in a map of an object are data
		}
		if err := c.value(*v.Elem, members[name], below); err != nil {
			return err
		}
	}
	return nil
}

func (c conformer) object(v Value, members map[string]any, path string) error {
	for _, field := range v.Fields {
		member, ok := members[field.Name]
		if !ok {
			if field.Optional {
				continue
			}
			return fmt.Errorf("%s is missing", quoted(joinPath(path, field.Name)))
		}
		if err := c.value(field.Value, member, joinPath(path, field.Name)); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !c.lenient && !slices.ContainsFunc(v.Fields, named(name)) {
			return fmt.Errorf("%s is not declared", quoted(joinPath(path, name)))
		}
	}
	return nil
}

// refuseString returns the rule that a text breaks, or "".
func refuseString(v Value, s string) string {
	if form := v.Kind.Info().Form; form != nil && !form.Match(s) {
		return "it is not the text of " + form.Words
	}
	if problem := refuseLength(v, utf8.RuneCountInString(s), "characters"); problem != "" {
		return problem
	}
	same := func(text string) bool { value, err := stringOf(text); return err == nil && value == s }
	if problem := refuseEnum(v, same); problem != "" {
		return problem
	}
	for _, pattern := range v.Patterns {
		if re, err := regexp.Compile(pattern); err == nil && !re.MatchString(s) {
			return "it does not match " + quoted(pattern)
		}
	}
	for _, pattern := range v.NotPatterns {
		if re, err := regexp.Compile(pattern); err == nil && re.MatchString(s) {
			return "it matches " + quoted(pattern) + ", which is refused"
		}
	}
	return ""
}

// refuseNumber returns the rule that a number breaks, or "".
func refuseNumber(v Value, text string) string {
	n := number(text)
	if n == nil {
		return "it is beyond every range"
	}
	switch kind := v.Kind.Info(); {
	case kind.Integer && !n.IsInt():
		return "it is not an integer"
	case kind.Integer && new(big.Float).Abs(n).Cmp(kind.largest()) > 0:
		return "it is beyond the range of " + string(v.Kind)
	case !kind.Integer && overflows(text):
		return "it is beyond the range of a double"
	}
	if problem := refuseEnum(v, func(text string) bool { return sameNumber(text, n) }); problem != "" {
		return problem
	}
	if v.Min != nil && outside(n, v.Min, -1) {
		return beyond("below", "above", v.Min, "least")
	}
	if v.Max != nil && outside(n, v.Max, 1) {
		return beyond("above", "below", v.Max, "most")
	}
	return ""
}

func refuseEnum(v Value, same func(string) bool) string {
	if len(v.Enum) > 0 && !slices.ContainsFunc(v.Enum, same) {
		return "it is none of " + strings.Join(v.Enum, ", ")
	}
	if slices.ContainsFunc(v.Not, same) {
		return "it is one of the refused values " + strings.Join(v.Not, ", ")
	}
	return ""
}

func refuseLength(v Value, n int, what string) string {
	switch {
	case v.MinLength != nil && n < *v.MinLength:
		return fmt.Sprintf("it has %d %s, fewer than %d", n, what, *v.MinLength)
	case v.MaxLength != nil && n > *v.MaxLength:
		return fmt.Sprintf("it has %d %s, more than %d", n, what, *v.MaxLength)
	}
	return ""
}

// outside reports whether n is beyond a limit: below it for side -1, above it
// for side 1.
func outside(n *big.Float, limit *Limit, side int) bool {
	bound := number(limit.Number)
	if bound == nil {
		return false
	}
	cmp := n.Cmp(bound)
	return cmp == side || (cmp == 0 && limit.Exclusive)
}

func beyond(there, here string, limit *Limit, end string) string {
	if limit.Exclusive {
		return fmt.Sprintf("it is not %s %s, which is the limit", here, limit.Number)
	}
	return fmt.Sprintf("it is %s %s, the %s that is allowed", there, limit.Number, end)
}

// number reads a JSON number, to 256 bits; big.Rat would never end on a large
// exponent. It returns nil if the text is not a number, or too large.
func number(text string) *big.Float {
	n, _, err := big.ParseFloat(text, 10, 256, big.ToNearestEven)
	if err != nil || n.IsInf() {
		return nil
	}
	return n
}

func sameNumber(text string, n *big.Float) bool {
	other := number(text)
	return other != nil && other.Cmp(n) == 0
}

// overflows reports whether a number is beyond the range of a double.
func overflows(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return errors.Is(err, strconv.ErrRange)
}

// BeyondDouble reports whether a JSON text holds a number beyond the range of a
// double. Go and JavaScript do not read it, but an attribute that takes any value
// may hold it.
func BeyondDouble(text string) bool {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	for {
		token, err := decoder.Token()
		if err != nil {
			return false
		}
		if n, ok := token.(json.Number); ok && overflows(n.String()) {
			return true
		}
	}
}

// largest is the greatest magnitude of an integer. The 64-bit integers have one
// more below zero, which does not count.
func (k *KindInfo) largest() *big.Float { return new(big.Float).SetInt64(k.Largest) }

func jsonKindOf(decoded any) JSONKind {
	switch decoded.(type) {
	case string:
		return JSONString
	case bool:
		return JSONBoolean
	case json.Number:
		return JSONNumber
	case []any:
		return JSONArray
	default:
		return JSONObject
	}
}

func withArticle(kind string) string {
	if kind != "" && kind != "uuid" && strings.ContainsRune("aeiou", rune(kind[0])) {
		return "an " + kind
	}
	return "a " + kind
}

func joinPath(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// stringOf decodes the JSON text of a string.
func stringOf(text string) (string, error) {
	if !strings.HasPrefix(text, `"`) {
		return "", errors.New("not a string")
	}
	var s string
	err := json.Unmarshal([]byte(text), &s)
	return s, err
}
