package diff

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
)

// full is a type in which every field of a definition has a value.
func full() *definition.Type {
	two := func() *int { n := 2; return &n }
	inner := func() definition.Value {
		return definition.Value{
			Kind: definition.String, Nullable: true, Enum: []string{`"a"`, `"b"`}, Not: []string{`"c"`},
			MinLength: two(), MaxLength: two(), Patterns: []string{"^a"}, NotPatterns: []string{"^b"},
			Definition: "#Letter", Doc: "A letter.", GoName: "Letter",
		}
	}
	number := func() definition.Value {
		return definition.Value{Kind: definition.Int, Min: &definition.Limit{Number: "1"}, Max: &definition.Limit{Number: "9", Exclusive: true}}
	}
	item := inner()
	t := &definition.Type{
		Name: "token", Label: "token", GoName: "Token", Doc: "A token.", RandomID: true, DottedNames: true, Write: 1, Oldest: 1,
		Flag:       "dark",
		Exposes:    []string{"secret"},
		Exceptions: []definition.Exception{{Rule: "definition/x", Attribute: "owner", Model: 2, Reason: "so", Until: "v9"}},
		Models: []definition.Model{
			{
				Number: 1, Doc: "The first.", Namespaces: definition.Agnostic, Format: definition.Kibana,
				Declared: []definition.Attribute{
					{Name: "owner", GoName: "Owner", Doc: "Whose.", Optional: true, Default: `"a"`, Value: inner()},
					{Name: "secret", Value: definition.Value{Kind: definition.List, Elem: &item}},
					{Name: "count", Value: number()},
					{Name: "every", Value: definition.Value{Kind: definition.Struct, Fields: []definition.Attribute{
						{Name: "n", Doc: "n", Value: number()}, {Name: "m", Optional: true, Value: inner()},
					}}},
					{Name: "old", Value: number()},
				},
				Encrypted: []string{"secret"}, AAD: []string{"owner", "count"}, StatesEncrypted: true, StatesAAD: true,
			},
			{
				Number: 2, Namespaces: definition.Agnostic, Format: definition.Kibana,
				Declared: []definition.Attribute{{Name: "more", Value: number()}, {Name: "most", Value: number()}},
				Removed:  []string{"old"},
				Renamed:  []definition.Rename{{New: "interval", Old: "every", Convert: true}},
				Backfill: []definition.Backfill{{Name: "more", Value: "1"}},
				Computed: []definition.Compute{{Name: "most", Inputs: []string{"less"}}},
			},
		},
	}
	t.Resolve()
	return t
}

// TestNothingIsOverlooked changes each field of a definition in turn. Whatever
// makes another golden definition of it must make words, and other words than
// that it means the same.
func TestNothingIsOverlooked(t *testing.T) {
	t.Parallel()
	before := full()
	wanted, err := golden.Marshal(before)
	require.NoError(t, err)
	changed := 0
	for i := 0; ; i++ {
		after := full()
		m := &mutation{countdown: i}
		if !m.apply(reflect.ValueOf(after).Elem(), "type") {
			break
		}
		after.Resolve()
		if m.path == "type.Name" || strings.HasSuffix(m.path, ".Elem = nil") {
			continue // another type, and a list of nothing
		}
		got, err := golden.Marshal(after)
		require.NoError(t, err, m.path)
		if string(got) == string(wanted) {
			continue
		}
		changed++
		differences := Compare([]*definition.Type{before}, []*definition.Type{after})
		if !assert.Len(t, differences, 1, m.path) {
			continue
		}
		if m.path == "type.Label" || m.path == "type.DottedNames" || m.path == "type.Models[0].StatesEncrypted" || m.path == "type.Models[0].StatesAAD" ||
			m.path == "type.Models[1].StatesEncrypted" || m.path == "type.Models[1].StatesAAD" {
			continue // these may mean the same
		}
		for _, c := range differences[0].Changes {
			assert.NotEqual(t, Form, c.Kind, m.path)
			assert.NotEmpty(t, c.Text, m.path)
			assert.NotContains(t, c.Text, "%!", m.path)
		}
	}
	assert.Greater(t, changed, 80, "the mutations are too few to mean something")
}

// mutation changes one field of a definition: that which comes when the
// countdown is over.
type mutation struct {
	countdown int
	path      string
}

func (m *mutation) due(path string) bool {
	m.path = path
	m.countdown--
	return m.countdown < 0
}

func (m *mutation) apply(v reflect.Value, path string) bool {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if name == "Attributes" || name == "Number" && v.Type() == reflect.TypeFor[definition.Model]() {
				continue // Resolve makes the one, and the other goes without gaps
			}
			if m.apply(v.Field(i), path+"."+name) {
				return true
			}
		}
	case reflect.Pointer:
		if v.IsNil() {
			return false
		}
		if m.apply(v.Elem(), path) {
			return true
		}
		if m.due(path + " = nil") {
			v.SetZero()
			return true
		}
	case reflect.Slice:
		for i := range v.Len() {
			if m.apply(v.Index(i), fmt.Sprintf("%s[%d]", path, i)) {
				return true
			}
		}
		if v.Len() > 0 && m.due(path+" without the last") {
			v.Set(v.Slice(0, v.Len()-1))
			return true
		}
		if v.Len() > 1 && v.Type() != reflect.TypeFor[[]definition.Model]() && m.due(path+" swapped") {
			a, b := v.Index(0).Interface(), v.Index(1).Interface()
			v.Index(0).Set(reflect.ValueOf(b))
			v.Index(1).Set(reflect.ValueOf(a))
			return true
		}
	case reflect.String:
		if !m.due(path) {
			return false
		}
		switch text := v.String(); {
		case strings.HasSuffix(path, ".Default"), len(text) > 0 && text[0] == '"':
			v.SetString(`"z"`)
		case len(text) > 0 && text[0] >= '0' && text[0] <= '9':
			v.SetString("5")
		default:
			v.SetString(text + "z")
		}
		return true
	case reflect.Bool:
		if !m.due(path) {
			return false
		}
		v.SetBool(!v.Bool())
		return true
	case reflect.Int:
		if !m.due(path) {
			return false
		}
		v.SetInt(v.Int() + 1)
		return true
	}
	return false
}
