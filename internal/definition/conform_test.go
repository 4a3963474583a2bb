package definition_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/esogen/esogen/internal/definition"
)

func TestConform(t *testing.T) {
	two := 2
	limit := func(n string, exclusive bool) *definition.Limit {
		return &definition.Limit{Number: n, Exclusive: exclusive}
	}
	text := definition.Value{Kind: definition.String}
	object := definition.Value{Kind: definition.Struct, Fields: []definition.Attribute{
		attribute("a", definition.Int), optional(attribute("b", definition.Bool)),
	}}
	for _, c := range []struct {
		value definition.Value
		text  string
		want  string // "" if it fits
	}{
		{text, `"x"`, ""},
		{text, `null`, "null, where a string is declared"},
		{text, `{`, "not JSON"},
		{text, `"a" "b"`, "more than one JSON value"},
		{definition.Value{Kind: definition.String, Nullable: true}, `null`, ""},
		{definition.Value{Kind: definition.JSON}, `null`, ""},
		{definition.Value{Kind: definition.String, MaxLength: &two}, `"äöü"`, "it has 3 characters, more than 2"},
		{definition.Value{Kind: definition.String, MinLength: &two}, `"ä"`, "it has 1 characters, fewer than 2"},
		{definition.Value{Kind: definition.String, Patterns: []string{"^a"}}, `"b"`, `it does not match "^a"`},
		{definition.Value{Kind: definition.String, NotPatterns: []string{"^b"}}, `"b"`, `it matches "^b", which is refused`},
		{definition.Value{Kind: definition.String, Enum: []string{`"\u0062"`}}, `"b"`, ""},
		{definition.Value{Kind: definition.String, Not: []string{`"b"`}}, `"b"`, `it is one of the refused values "b"`},
		{definition.Value{Kind: definition.Timestamp}, `"2026-01-02T03:04:05.678Z"`, ""},
		{definition.Value{Kind: definition.Timestamp}, `"yesterday"`, "it is not the text of an RFC 3339 timestamp"},
		{definition.Value{Kind: definition.Duration}, `"1h30m"`, ""},
		{definition.Value{Kind: definition.Duration}, `"1 hour"`, "it is not the text of a duration"},
		{definition.Value{Kind: definition.UUID}, `"x"`, "it is not the text of a UUID"},
		{definition.Value{Kind: definition.Bytes}, `"YQ=="`, ""},
		{definition.Value{Kind: definition.Bytes}, `"YQ="`, "it is not the text of bytes in base64"},
		{definition.Value{Kind: definition.Int}, `1.0`, ""},
		{definition.Value{Kind: definition.Int}, `1.5`, "it is not an integer"},
		{definition.Value{Kind: definition.Int}, `9007199254740992`, "it is beyond the range of int"},
		{definition.Value{Kind: definition.Int64}, `9007199254740993`, ""},
		{definition.Value{Kind: definition.Number}, `1e999999999999`, "it is beyond every range"},
		{definition.Value{Kind: definition.Int, Min: limit("1", false)}, `0`, "it is below 1, the least that is allowed"},
		{definition.Value{Kind: definition.Int, Min: limit("1", true)}, `1`, "it is not above 1, which is the limit"},
		{definition.Value{Kind: definition.Int, Max: limit("1", true)}, `1`, "it is not below 1, which is the limit"},
		{definition.Value{Kind: definition.Int, Enum: []string{"1"}}, `1.0`, ""},
		{definition.Value{Kind: definition.List, Elem: &text}, `["a",1]`, "[1]: a number, where a string is declared"},
		{definition.Value{Kind: definition.List, Elem: &text, MaxLength: &two}, `["a","b","c"]`, "it has 3 items, more than 2"},
		{definition.Value{Kind: definition.List}, `["a",1,null]`, ""},
		{definition.Value{Kind: definition.List}, `null`, "null, where a list is declared"},
		{definition.Value{Kind: definition.List, MaxLength: &two}, `[1,2,3]`, "it has 3 items, more than 2"},
		{definition.Value{Kind: definition.Map}, `{"a":null}`, ""},
		{definition.Value{Kind: definition.Map}, `5`, "a number, where a map is declared"},
		{definition.Value{Kind: definition.Map, Elem: &text}, `{"a":true}`, "a: a boolean, where a string is declared"},
		{object, `{"a":1}`, ""},
		{object, `{"b":true}`, `"a" is missing`},
		{object, `{"a":1,"c":2}`, `"c" is not declared`},
		{object, `[]`, "an array, where a struct is declared"},
	} {
		err := definition.Conform(c.value, c.text)
		if c.want == "" {
			assert.NoError(t, err, c.text)
		} else {
			assert.EqualError(t, err, c.want, c.text)
		}
	}
}

func TestAcceptLetsUnknownFieldsPass(t *testing.T) {
	object := definition.Value{Kind: definition.Struct, Fields: []definition.Attribute{attribute("a", definition.Int)}}
	assert.NoError(t, definition.Accept(object, `{"a":1,"new":2}`))
	assert.EqualError(t, definition.Accept(object, `{"a":"x","new":2}`), "a: a string, where an int is declared")
}
