package definition

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Kind is what a value is. All that there is to say of a kind is in its row of
// one table: [Kind.Info].
type Kind string

const (
	String    Kind = "string"
	Bool      Kind = "bool"
	Int       Kind = "int"       // an integer within ±(2^53-1), which JavaScript reads exactly
	Int64     Kind = "int64"     // an integer of 64 bits, a JSON number
	Number    Kind = "number"    // a double
	Timestamp Kind = "timestamp" // an RFC 3339 string
	Duration  Kind = "duration"  // a string such as "1h30m"
	UUID      Kind = "uuid"      // a string
	Bytes     Kind = "bytes"     // a base64 string
	Decimal   Kind = "decimal"   // a string such as "12.50"
	JSON      Kind = "json"      // any value, null included, kept raw
	List      Kind = "list"
	Map       Kind = "map"
	Struct    Kind = "struct"
)

// KindInfo is the row of a kind. Nobody changes it.
type KindInfo struct {
	Kind Kind
	JSON JSONKind

	// In specs.
	Spec     string   // how a spec declares it: "eso.#Timestamp"
	Builtins []string // types and validators of CUE's standard library that mean the same
	Called   []string // names that other languages have for it

	// Wider lists the kinds of the same JSON kind that hold all its values too,
	// the narrowest first.
	Wider []Kind

	Form    *Form // a string that must have a form; it takes no further constraint
	Integer bool  // a number without a fraction
	Largest int64 // the greatest magnitude of an integer

	// In Go. Lists, maps and structs are made of other values, and have none
	// of these: see [KindInfo.Composite].
	Go     string // the type: "int64", "time.Time", "eso.JSON"
	Reader string // the method of the runtime that reads a value
	Writer string // the method that writes one
	Equal  string // the method that compares two values; "" means ==

	Search Search // what a filter of a store can do

	// In words.
	Noun   string // in a list of changes: "64-bit integer"
	Beside string // beside another kind, if Go has no type for both: "a number"

	// Samples are JSON texts. Sample returns the n-th value, another one for
	// each n as far as the kind has so many. Golden returns the values of golden
	// files to choose from, the best first; it is nil if those depend on bounds
	// and patterns. Composite kinds have only Valid and Invalid.
	Sample         func(n int) string
	Golden         func(seed [32]byte, small bool) []string
	Valid, Invalid []string // edges included
}

// Composite reports whether values of the kind are made of other values.
func (k *KindInfo) Composite() bool { return k.JSON == JSONArray || k.JSON == JSONObject }

// JSONKind is what JSON calls a value.
type JSONKind string

const (
	JSONString  JSONKind = "string"
	JSONBoolean JSONKind = "boolean"
	JSONNumber  JSONKind = "number"
	JSONArray   JSONKind = "array"
	JSONObject  JSONKind = "object"
	JSONAny     JSONKind = "any"
)

// Form is what a string must look like to be a value of a kind.
type Form struct {
	Match func(text string) bool
	Words string // what a text is not: "an RFC 3339 timestamp"

	// If an announced model takes any string, the Go type is string, and what
	// this release writes is checked.
	Check string // the function of the runtime that does it
	Want  string // what it says: "a timestamp"
}

// Search is what a filter of a store can do with an attribute.
type Search int

const (
	_              Search = iota
	SearchNone            // no filter: equality says little
	SearchDatabase        // values are equal in a database exactly if they are equal in Go
	SearchGo              // a value has several spellings, which only Go compares
)

// Info returns the row of a kind. That of an unknown one has only words: no
// value conforms to it, and no code comes of it.
func (k Kind) Info() *KindInfo {
	for i := range kinds {
		if kinds[i].Kind == k {
			return &kinds[i]
		}
	}
	return &KindInfo{Noun: string(k)}
}

// Kinds returns the rows of all kinds.
func Kinds() []KindInfo { return kinds }

// UnmarshalText reads the name of a kind, and refuses an unknown one.
func (k *Kind) UnmarshalText(text []byte) error {
	if Kind(text).Info().Kind == "" {
		return fmt.Errorf("this version of esogen does not know the type %q", text)
	}
	*k = Kind(text)
	return nil
}

// In reports whether all values of the kind are values of the other one too,
// which is the kind itself or a wider one.
func (k Kind) In(other Kind) bool { return k == other || slices.Contains(k.Info().Wider, other) }

// ReadAs returns the widest kind whose values the reader of the kind takes.
func (k Kind) ReadAs() Kind {
	row := k.Info()
	for _, wider := range slices.Backward(row.Wider) {
		if !row.Composite() && wider.Info().Reader == row.Reader {
			return wider
		}
	}
	return k
}

var kinds = []KindInfo{
	{
		Kind: String, JSON: JSONString, Spec: "string", Called: []string{"str", "String", "text", "char"},
		Go: "string", Reader: "String", Writer: "String", Search: SearchDatabase,
		Noun: "string", Beside: "a string",
		Sample:  func(n int) string { return fmt.Sprintf(`"value %d"`, n+1) },
		Valid:   []string{`""`, `"a"`, `"\u0000 é 🔑 \u2028"`},
		Invalid: []string{`1`, `true`, `[]`, `{}`},
	},
	{
		Kind: Bool, JSON: JSONBoolean, Spec: "bool", Called: []string{"boolean", "Bool", "Boolean"},
		Go: "bool", Reader: "Bool", Writer: "Bool", Search: SearchDatabase,
		Noun: "boolean", Beside: "a bool",
		Sample:  func(n int) string { return []string{"true", "false"}[n%2] },
		Golden:  func(_ [32]byte, small bool) []string { return []string{fmt.Sprint(!small)} },
		Valid:   []string{`true`, `false`},
		Invalid: []string{`0`, `"true"`, `[]`, `{}`},
	},
	{
		Kind: Int, JSON: JSONNumber, Spec: "int", Called: []string{"integer", "Int"},
		Wider: []Kind{Int64, Number}, Integer: true, Largest: 1<<53 - 1,
		Go: "int64", Reader: "Int", Writer: "Int", Search: SearchDatabase,
		Noun: "integer", Beside: "a number",
		Sample:  func(n int) string { return fmt.Sprint(n + 1) },
		Valid:   []string{`0`, `-1`, `9007199254740991`, `-9007199254740991`, `1e3`, `10.0`},
		Invalid: []string{`9007199254740992`, `0.5`, `1e-400`, `1e999999999`, `"1"`, `true`, `[]`, `{}`},
	},
	{
		Kind: Int64, JSON: JSONNumber, Spec: "eso.#Int64", Called: []string{"long", "bigint", "Int64"},
		Wider: []Kind{Number}, Integer: true, Largest: 1<<63 - 1,
		Go: "int64", Reader: "Int", Writer: "Int64", Search: SearchDatabase,
		Noun: "64-bit integer", Beside: "a number",
		Sample:  func(n int) string { return fmt.Sprint(n + 1) },
		Valid:   []string{`0`, `9223372036854775807`, `-9223372036854775807`, `1e18`},
		Invalid: []string{`9223372036854775808`, `0.5`, `1e19`, `"1"`, `true`, `[]`, `{}`},
	},
	{
		Kind: Number, JSON: JSONNumber, Spec: "number", Called: []string{"double", "Number"},
		Go: "float64", Reader: "Number", Writer: "Number", Search: SearchGo,
		Noun: "number", Beside: "a number",
		Sample:  func(n int) string { return fmt.Sprintf("%d.5", n+1) },
		Valid:   []string{`0`, `-0`, `0.1`, `1.7976931348623157e308`, `5e-324`},
		Invalid: []string{`1e309`, `-1e400`, `"1"`, `true`, `[]`, `{}`},
	},
	{
		Kind: Timestamp, JSON: JSONString, Spec: "eso.#Timestamp", Builtins: []string{"time.Time"},
		Called: []string{"timestamp", "datetime", "date", "Timestamp"},
		Wider:  []Kind{String},
		Form: &Form{
			Match: func(text string) bool {
				_, err := time.Parse(time.RFC3339Nano, text)
				return err == nil && timestamps.MatchString(text)
			},
			Words: "an RFC 3339 timestamp", Check: "IsTimestamp", Want: "a timestamp",
		},
		Go: "time.Time", Reader: "Time", Writer: "Time", Equal: "Equal", Search: SearchGo,
		Noun: "timestamp", Beside: "a timestamp",
		Sample: func(n int) string { return fmt.Sprintf(`"2026-01-%02dT00:00:00.000Z"`, n%28+1) },
		Golden: func(_ [32]byte, small bool) []string {
			if small {
				return []string{`"2026-01-02T03:04:05Z"`}
			}
			return []string{`"2026-01-02T03:04:05.678Z"`}
		},
		Valid:   []string{`"2026-01-02T03:04:05Z"`, `"0000-01-01T00:00:00Z"`, `"9999-12-31T23:59:59.999999999Z"`, `"2024-02-29T00:00:00+01:00"`},
		Invalid: []string{`""`, `"2026-01-02"`, `"2026-02-30T00:00:00Z"`, `"2026-01-02T03:04:05"`, `"2026-01-02T3:04:05,5Z"`, `1`, `true`, `[]`, `{}`},
	},
	{
		Kind: Duration, JSON: JSONString, Spec: "eso.#Duration", Builtins: []string{"time.Duration"},
		Called: []string{"duration", "Duration"},
		Wider:  []Kind{String},
		Form: &Form{
			Match: func(text string) bool { _, err := time.ParseDuration(text); return err == nil },
			Words: "a duration", Check: "IsDuration", Want: "a duration",
		},
		Go: "time.Duration", Reader: "Duration", Writer: "Duration", Search: SearchGo,
		Noun: "duration", Beside: "a duration",
		Sample:  func(n int) string { return fmt.Sprintf(`"%dh0m0s"`, n+1) },
		Golden:  func([32]byte, bool) []string { return []string{`"1h30m"`} },
		Valid:   []string{`"0s"`, `"-1.5h"`, `"1h30m0.000000001s"`},
		Invalid: []string{`""`, `"1"`, `"1d"`, `"9999999999h"`, `1`, `true`, `[]`, `{}`},
	},
	{
		Kind: UUID, JSON: JSONString, Spec: "eso.#UUID", Builtins: []string{"uuid.Valid"},
		Called: []string{"uuid", "UUID"},
		Wider:  []Kind{String},
		Form:   &Form{Match: uuids.MatchString, Words: "a UUID", Check: "IsUUID", Want: "a UUID"},
		Go:     "string", Reader: "String", Writer: "UUID", Search: SearchDatabase,
		Noun: "UUID", Beside: "a UUID",
		Sample:  func(n int) string { return fmt.Sprintf(`"00000000-0000-8000-8000-%012x"`, n+1) },
		Golden:  func(seed [32]byte, _ bool) []string { return []string{`"` + UUIDOf(seed) + `"`} },
		Valid:   []string{`"00000000-0000-0000-0000-000000000000"`, `"7C9E6679-7425-40de-944b-e07fc1f90ae7"`},
		Invalid: []string{`""`, `"7c9e6679742540de944be07fc1f90ae7"`, `"7c9e6679-7425-40de-944b-e07fc1f90ag7"`, `1`, `true`, `[]`, `{}`},
	},
	{
		Kind: Bytes, JSON: JSONString, Spec: "eso.#Bytes", Called: []string{"byte", "Bytes", "blob"},
		Wider: []Kind{String},
		Form: &Form{
			Match: func(text string) bool {
				_, err := base64.StdEncoding.Strict().DecodeString(text)
				return err == nil && !strings.ContainsAny(text, "\r\n") // which it passes over
			},
			Words: "bytes in base64", Check: "IsBase64", Want: "standard base64",
		},
		Go: "[]byte", Reader: "Bytes", Writer: "Bytes", Search: SearchNone,
		Noun: "base64 string", Beside: "bytes",
		Sample: func(n int) string {
			return `"` + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "bytes %d", n+1)) + `"`
		},
		Golden: func(seed [32]byte, _ bool) []string {
			return []string{`"` + base64.StdEncoding.EncodeToString(seed[:8]) + `"`}
		},
		Valid:   []string{`""`, `"AA=="`, `"AAEC/w=="`},
		Invalid: []string{`"AA"`, `"AB=="`, `"AAEC\n/w=="`, `"A-__"`, `1`, `true`, `[]`, `{}`},
	},
	{
		Kind: Decimal, JSON: JSONString, Spec: "eso.#Decimal", Called: []string{"decimal", "Decimal"},
		Wider: []Kind{String},
		Form:  &Form{Match: decimals.MatchString, Words: "a decimal number such as 12.50", Check: "IsDecimal", Want: "a decimal number"},
		Go:    "eso.Decimal", Reader: "Decimal", Writer: "Decimal", Equal: "Equal", Search: SearchGo,
		Noun: "decimal", Beside: "a decimal",
		Sample: func(n int) string { return fmt.Sprintf(`"%d.50"`, n+1) },
		Golden: func(_ [32]byte, small bool) []string {
			if small {
				return []string{`"0"`}
			}
			return []string{`"-12345678901234567890.120"`}
		},
		Valid:   []string{`"0"`, `"-0.00"`, `"0.1"`, `"12.50"`, `"-9007199254740993.000000000000000000010"`, `"` + strings.Repeat("9", 500) + `"`},
		Invalid: []string{`""`, `"+1"`, `"01"`, `".5"`, `"5."`, `"1e3"`, `"1,5"`, `"NaN"`, `" 1"`, `"1\n"`, `"` + strings.Repeat("9", 501) + `"`, `1`, `true`, `[]`, `{}`},
	},
	{
		Kind: JSON, JSON: JSONAny, Spec: "eso.#JSON", Called: []string{"any", "json", "JSON"},
		Go: "eso.JSON", Reader: "JSON", Writer: "JSON", Search: SearchNone,
		Noun: "JSON value of any kind", Beside: "any value",
		Sample: func(n int) string { return fmt.Sprintf(`{"any":%d}`, n+1) },
		Golden: func(_ [32]byte, small bool) []string {
			if small {
				return []string{`0`}
			}
			return []string{`{"b":[1,null,"é"],"a":{}}`}
		},
		Valid: []string{`null`, `0`, `""`, `[]`, `{}`, `1e400`},
	},
	{
		Kind: List, JSON: JSONArray, Spec: "[...string]", Search: SearchNone,
		Noun: "list", Beside: "a list",
		Valid:   []string{`[]`, `["a"]`},
		Invalid: []string{`[1]`, `{}`, `""`, `0`, `true`},
	},
	{
		Kind: Map, JSON: JSONObject, Spec: "{[string]: string}", Search: SearchNone,
		Noun: "map", Beside: "a map",
		Valid:   []string{`{}`, `{"a":"b"}`},
		Invalid: []string{`{"a":1}`, `[]`, `""`, `0`, `true`},
	},
	{
		Kind: Struct, JSON: JSONObject, Spec: "{part: string}", Search: SearchNone,
		Wider: []Kind{Map},
		Noun:  "object", Beside: "a struct",
		Valid:   []string{`{"part":"a"}`},
		Invalid: []string{`{"part":1}`, `[]`, `""`, `0`, `true`},
	},
}

// Go's parser takes more than RFC 3339 does: "2026-01-02T3:04:05,5Z".
var timestamps = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}([.]\d+)?(Z|[+-]\d{2}:\d{2})$`)

var uuids = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

var decimals = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,499})([.][0-9]{1,500})?$`)

// UUIDOf writes 16 bytes of a seed as a UUID of version 8, which is for values
// that are made in a way of one's own (RFC 9562, section 5.8).
func UUIDOf(seed [32]byte) string {
	u := seed[:16]
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[0:4], u[4:6], u[6:8], u[8:10], u[10:16])
}
