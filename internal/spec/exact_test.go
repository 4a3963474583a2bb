package spec

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
)

// expressions are what CUE can say about a value: every operator, every kind of
// struct and list, and each validator of the standard library.
var expressions = []string{
	// Basic types, literals and their combinations.
	"_", "string", "bool", "int", "number", "bytes", "null", "5", `"a"`, "1.5", "true",
	"string | null", "*null | string", "int | *3", "bool | *true", `"a" | "b"`, `*"a" | "b"`, "1 | 2 | 3", "1 | 2.5", "true | false", `"a" | 1`, `null | "a" | "b"`,
	"string & string", "number & int", "int & number", "int & float", `string & ("a" | "b")`, `("a" | "b" | "c") & ("b" | "c" | "d")`, "string & _", "_ & int", "_ | string",
	"int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "rune", "float32", "float64", "uint8 & >5", "int32 | *5", "uint8 | null",
	// Bounds.
	">=1", ">5 & <10", "int & >=1 & <=9", "int & >0", "number & <=1.5", "int & !=3", "int & !=3 & !=4", "!=3", "number & !=1.5", `!="a"`, `string & !="a"`, `string & !=""`, "!=null", "string & !=null", "(string | null) & !=null",
	`>"b"`, `string & >="b"`, `<"m" & >"b"`, "int & >=1.5", "int & (1 | 2 | 3) & >1", `("a" | "b" | "ab") & =~"a"`, "int & >=1 | null", "(int & >=5) | (int & <=1)", "(>=5 | <=1) & int", "int & !=1 | *2",
	"bool & !=false", "bool & true", "bool & !=true & !=false", ">=1 & <=1", "int & >=1 & <=1", "-5", "int & >=-5", "int & <1e3", "int & >0x10",
	// Patterns.
	`=~"^a"`, `string & =~"a$"`, `!~"a"`, `=~"a" & !~"b"`, `=~"^a" | =~"^b"`, `=~"a" & =~"b"`, `=~"^(a|b)$" | *"a"`, `string & =~#"\d"#`, `=~"(?i)A"`,
	// Lists.
	"[...]", "[...string]", "[...int]", "[...(string | null)]", "[...string] & [...]", `[..."a" | "b"]`, "[...[...int]]", "[...{a: string}]", "[string]", "[string, int]", "[string, ...]", "[string, ...string]", "[]",
	"[...string] | null", `*["a"] | [...string]`, "[...string] | *[]", "[...int & >1]", "2 * [int]", "list.Repeat([int], 2)", "[...string] & [_, ...]", `["a", "b"]`, "[...string] & [\"a\", ...]",
	// Structs and maps.
	"{}", "{...}", "{a: string}", "{a?: string}", "{a!: string}", "{a: string, ...}", "{a: string, b?: int}", "{[string]: int}", "{[string]: string, ...}", "{[_]: int}", `{[=~"^a"]: int}`, `{[!~"^a"]: int}`, "{[string]: int, a: 5}", "{[string]: int, a?: int}",
	"{[string]: int} & {[string]: >1}", "{a: string} & {b: int}", "{a: string} & {a: !=\"a\"}", "{a: string} | null", "{a: string} | {b: int}", "close({a: string})", "close({[string]: int})", "close({})", "{a: string, _b: int}", "{a: string, #b: int}",
	"#D", "#D & {b: int}", "{#D}", "{#D, b: int}", "#D | null", "#E", "#E & \"a\"", `#E | *"a"`, "#E | null", "_h", "_h & {b: int}", "#M", "[...#D]", "{[string]: #E}", "#Closed", "#Open", "#Open & {b: int}",
	`{"\("a")": string}`, `{("a"): string}`, `{a: string, let X = "x", b: X | "y"}`, "{X=a: string, b?: X}", "{a: X={b: string}}", "{a: string, b: a}", "{a: string, b: {c: a}}", "{a: string, b?: a | null}", "{a: {c: string}, b: a.c}", "{a: string, b: a & \"x\"}", "{a: X={b: string, c: X.b}}", "{X=a: {b: string}, c: X.b}", "{X=a: string, b: X}", "#Same", "[...#Same]", "{a: int, b?: >a}", "{a: {b: string}, a: {c: int}}", "{[X=string]: string}", "{[X=string]: X | *\"a\"}",
	"{a: string, if true {b: int}}", "{a: string, if false {b: int}}", `{for k in ["a", "b"] {(k): int}}`, `{for k, v in {a: 1, b: 2} {(k): v | 5}}`, "{{a: string}}", "{string}", "{5}", "{[...string]}", "{string, #x: 5}", "{a: string} & {...}", "{...} & {a: string}",
	"self_", "{a?: _|_}", "{a?: _|_, b: string}", "{a: _|_}", "(string)", "((int))",
	// Expressions.
	"1 + 2", `"a" + "b"`, `"a\("b")"`, "2 * 3", "!true", "3 > 2", "[1, 2][0]", `{a: "x"}.a`, `{a: string}.a`, "len(\"abc\")", "div(7, 2)", "and([string, !=\"a\"])", `or(["a", "b"])`, "and([])", "or([])", "or([string, int])", "and([int, >1, <5])", `or([=~"^a", =~"^b"])`,
	"[if true {1}, 2][0]", "[for x in [1, 2] {x}][0]", `strings.ToUpper("a")`, "math.Pi", "time.RFC3339", `string & "a" + "b"`, "*5 | int & >1", "__a", "string @tag2()",
	// Validators.
	"time.Time", "time.Time()", "time.Duration", "time.Duration()", `time.Format("2006-01-02")`, "time.Format(time.RFC3339)", "time.FormatString", "time.Time & !=\"a\"", "time.Time | null",
	"uuid.Valid", "uuid.Valid()", "uuid.ValidX", "net.IP", "net.IP()", "net.IPv4", "net.IPv4()", "net.IPCIDR", "net.IPCIDR()", "net.FQDN", "net.FQDN()", "net.URL", "net.URL()", "net.AbsURL", "net.AbsURL()", "net.LoopbackIP", "net.LoopbackIP()", "net.MulticastIP()", "net.GlobalUnicastIP()", "net.UnspecifiedIP()", "net.InCIDR(\"10.0.0.0/8\")", "net.ToIP4",
	"net.IP & string", "string & net.IP()", "[...net.IP]", "{[string]: net.IP()}", "{a: net.IP}", "net.IP | null", "_ip", "_ip & string", "[..._ip]", "#IP", "or([net.IP(), \"a\"])", "and([net.IP()])",
	"strings.MinRunes(2)", "strings.MaxRunes(2)", "strings.MinRunes(1) & strings.MaxRunes(3)", "string & strings.MinRunes(1)", "strings.MinRunes", `strings.HasPrefix("a")`, `strings.HasSuffix("a")`, `strings.Contains("a")`, `strings.ContainsAny("a")`, "strings.ToLower", "strings.MinBytes(2)", "strings.IsUpper",
	"list.MinItems(1)", "list.MaxItems(2)", "[...string] & list.MinItems(1)", "[...string] & list.MaxItems(2)", "[...string] & list.UniqueItems()", "[...string] & list.UniqueItems", "list.UniqueItems()", "[...int] & list.IsSorted(list.Ascending)", "[...string] & list.IsSortedStrings()", "[...string] & list.Contains(\"a\")", "[...int] & list.MatchN(1, 5)", "[...int] & list.MatchN(>=1, >2)",
	"struct.MinFields(1)", "struct.MaxFields(1)", "{[string]: int} & struct.MinFields(1)", "{[string]: int} & struct.MaxFields(1)", "{a?: int, b?: int} & struct.MinFields(1)",
	`matchN(1, [string, int])`, `string & matchN(0, ["a"])`, `matchN(>0, [=~"^a", =~"b$"])`, `matchIf(string, "a", int)`, "int & math.MultipleOf(2)", "math.MultipleOf(2)", "number & math.MultipleOf(0.5)",
	`regexp.Match("a")`, `string & regexp.Match("a")`, "regexp.Valid", "json.Valid", "json.Valid()", "json.Validate(string)", `string & json.Validate({a: int})`, "yaml.Validate({a: int})", "yaml.ValidatePartial({a: int})", `string & yaml.Validate(int)`, "base64.Encode(null, \"a\")", "hex.Decode", "path.Join", "error(\"x\")", "error()", "html.Escape", `string & error("x")`, "strconv.Atoi", "template.Execute",
	"encoding_", "eso.#Timestamp", "eso.#Duration", "eso.#UUID", "eso.#Bytes", "eso.#Int64", "eso.#JSON", "eso.#JSON & string", "eso.#JSON & !=null", "eso.#Int64 & >=0", "eso.#Timestamp | null", `eso.#UUID & !="a"`, `eso.#Bytes & strings.MinRunes(4)`, "eso.#Timestamp | eso.#Duration", "eso.#UUID | string",
}

const exactHead = `package specs

import (
	%s

	"github.com/esogen/esogen/eso"
)

#D: {a: string}
#E: "a" | "b"
_h: {a: string}
#M: {[string]: int}
#Closed: close({a?: int})
#Open: {a: int, ...}
#Same: {a: string, b?: a}
_ip: net.IP
#IP: net.IP()
_used: [net.IP, eso.#UUID]

x: eso.#Type & {
	namespaces: "single"
	models: "1": {
		attributes: v: %s
		encrypted: []
		aad: []
	}
}
`

// samples are JSON values that tell declarations apart.
var samples = []string{
	"null", "true", "false", "0", "1", "2", "3", "4", "5", "6", "7", "10", "-1", "-5", "-6", "1.5", "2.5", "255", "256", "9007199254740991", "127", "128", "-129", "70000",
	`""`, `"a"`, `"b"`, `"c"`, `"d"`, `"ab"`, `"ba"`, `"abc"`, `"abcd"`, `"x"`, `"A"`, `"z"`, `"9"`, `"2027-03-01"`, `"2027-03-01T12:00:00Z"`, `"1h30m"`, `"4f0c9a3e-2d1b-4c58-9e0f-6b7a8c9d0e1f"`, `"AAE="`, `"10.0.0.1"`, `"::1"`, `"10.0.0.0/8"`, `"https://a.example/b"`, `"{\"a\":1}"`, `"a.example"`,
	"[]", `["a"]`, `["b"]`, `["a","b"]`, `["b","a"]`, `["a","a"]`, `["a","b","c"]`, "[1]", "[2]", "[1,2]", "[2,1]", "[5]", "[5,5]", "[null]", "[[1]]", "[[]]", `[{"a":"x"}]`, `["10.0.0.1"]`, `["a",1]`, "[[\"a\"]]",
	"{}", `{"a":"x"}`, `{"a":"a"}`, `{"a":1}`, `{"a":5}`, `{"a":null}`, `{"b":1}`, `{"a":"x","b":1}`, `{"a":"x","b":"x"}`, `{"a":1,"b":2}`, `{"a":1,"b":1}`, `{"z":1}`, `{"z":"x"}`, `{"a":{"b":"x"}}`, `{"a":{"b":"x","c":1}}`, `{"a":{"a":"x"}}`, `{"a":"10.0.0.1"}`, `{"z":"a"}`, `{"z":"b"}`, `{"a":"b"}`, `{"a":5,"z":1}`, `{"b":"x"}`, `{"a":"x","b":"y"}`,
}

// stdlib are the packages of CUE's that expressions use.
var stdlib = []string{"list", "math", "net", "path", "regexp", "strconv", "strings", "struct", "time", "uuid", "html",
	"encoding/base64", "encoding/hex", "encoding/json", "encoding/yaml", "text/template"}

func exactSpec(expr string) string {
	var imports []string
	for _, name := range stdlib {
		short := name[strings.LastIndex(name, "/")+1:]
		if short == "net" || strings.Contains(expr, short+".") {
			imports = append(imports, fmt.Sprintf("%q", name))
		}
	}
	return fmt.Sprintf(exactHead, strings.Join(imports, "\n\t"), expr)
}

// TestExact holds what Load makes of an attribute against CUE: it is refused
// with a place, or it takes exactly the values that CUE takes.
func TestExact(t *testing.T) {
	t.Parallel()
	taken := 0
	for _, expr := range expressions {
		text := exactSpec(expr)
		specs, err := Load(t.Context(), Options{Root: ".", FS: fstest.MapFS{"specs/a.cue": {Data: []byte(text)}}})
		require.NoError(t, err, expr)
		if specs.HasErrors() {
			for _, d := range specs.Diagnostics {
				assert.NotZero(t, d.Position.Line, "%s: %s", expr, d)
				assert.NotEmpty(t, d.Message, expr)
			}
			continue
		}
		require.Len(t, specs.Types, 1, expr)
		m := specs.Types[0].Models[0]
		require.Len(t, m.Declared, 1, expr)
		taken++
		compareWithCUE(t, expr, text, m.Declared[0].Value)
	}
	t.Logf("%d of %d expressions are taken", taken, len(expressions))
	assert.Greater(t, taken, 100)
}

func compareWithCUE(t *testing.T, expr, text string, value definition.Value) {
	t.Helper()
	ctx := cuecontext.New()
	text = strings.Replace(text, "\"github.com/esogen/esogen/eso\"", "", 1)
	// Structs are open in Go: what a release does not know about a nested object
	// survives.
	schema := strings.NewReplacer("eso.#Type & ", "", "close(", "(", "#D: {a: string}", "#D: {a: string, ...}", "#Closed: close({a?: int})", "#Closed: {a?: int, ...}").Replace(text)
	for name, kind := range esoKinds {
		schema = strings.ReplaceAll(schema, "eso."+name, cueOf(kind))
	}
	root := ctx.CompileString(schema)
	require.NoError(t, root.Err(), "%s: %s", expr, schema)
	v := root.LookupPath(cue.ParsePath(`x.models."1".attributes.v`))
	var differ []string
	for _, sample := range samples {
		theirs := v.Unify(ctx.CompileString(sample)).Validate(cue.Concrete(true)) == nil
		ours := definition.Accept(value, sample) == nil
		if theirs != ours {
			differ = append(differ, fmt.Sprintf("%s: CUE %v, Go %v", sample, theirs, ours))
		}
	}
	assert.Empty(t, differ, expr)
}

// cueOf is a type of the eso package in CUE.
func cueOf(kind definition.Kind) string {
	for pattern, k := range esoPatterns() {
		if k == kind {
			return fmt.Sprintf("(string & =~%q)", pattern)
		}
	}
	if kind == definition.Int64 {
		return "int64"
	}
	return "_"
}
