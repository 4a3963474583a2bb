package definition_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
)

func attribute(name string, kind definition.Kind) definition.Attribute {
	return definition.Attribute{Name: name, Value: definition.Value{Kind: kind}}
}

func optional(a definition.Attribute) definition.Attribute {
	a.Optional = true
	return a
}

// fieldsOf resolves a type that writes model 1 and announces the others.
func fieldsOf(t *testing.T, models ...definition.Model) map[string]definition.Field {
	t.Helper()
	typ := &definition.Type{Name: "thing", Write: 1, Oldest: 1, Models: models}
	for i := range models {
		models[i].Number = i + 1
		models[i].StatesEncrypted = models[i].StatesEncrypted || models[i].Encrypted != nil
		models[i].StatesAAD = models[i].StatesAAD || models[i].AAD != nil
	}
	typ.Resolve()
	fields := map[string]definition.Field{}
	for _, f := range definition.Fields(typ) {
		fields[f.Name] = f
	}
	return fields
}

func TestFieldsOfOneModel(t *testing.T) {
	fields := fieldsOf(t, definition.Model{
		Declared: []definition.Attribute{
			attribute("secret", definition.String),
			attribute("bound", definition.String),
			attribute("plain", definition.String),
			optional(attribute("maybe", definition.String)),
		},
		Encrypted: []string{"secret"}, AAD: []string{"bound"},
	})
	require.Len(t, fields, 4)
	assert.True(t, fields["secret"].Secret)
	assert.False(t, fields["secret"].Patchable)
	assert.False(t, fields["bound"].Patchable)
	assert.True(t, fields["plain"].Patchable)
	assert.True(t, fields["plain"].Required)
	assert.False(t, fields["plain"].Unsettable)
	assert.False(t, fields["plain"].Pointer)
	assert.True(t, fields["maybe"].Pointer)
	assert.True(t, fields["maybe"].Unsettable)
	assert.False(t, fields["maybe"].Required)
}

func TestAnnouncedModelsHaveASay(t *testing.T) {
	first := definition.Model{
		Declared: []definition.Attribute{
			attribute("toSecret", definition.String),
			attribute("toBound", definition.String),
			attribute("toOptional", definition.String),
			optional(attribute("toRequired", definition.String)),
			attribute("dropped", definition.String),
			attribute("renamed", definition.String),
			attribute("converted", definition.Int),
			attribute("widened", definition.Int),
		},
		Encrypted: []string{}, AAD: []string{},
	}
	second := definition.Model{
		Declared: []definition.Attribute{
			optional(attribute("toOptional", definition.String)),
			attribute("toRequired", definition.String),
			attribute("text", definition.String),
			attribute("widened", definition.Number),
			attribute("added", definition.String),
		},
		Removed:   []string{"dropped"},
		Renamed:   []definition.Rename{{New: "newName", Old: "renamed"}, {New: "text", Old: "converted", Convert: true}},
		Encrypted: []string{"toSecret"}, AAD: []string{"toBound"},
	}
	third := definition.Model{
		Encrypted: []string{"toSecret", "newName"},
	}
	fields := fieldsOf(t, first, second, third)

	assert.NotContains(t, fields, "added")
	assert.True(t, fields["toSecret"].Secret)
	assert.Equal(t, definition.Plain, fields["toSecret"].Role)
	assert.False(t, fields["toSecret"].Patchable)
	assert.False(t, fields["toBound"].Patchable)

	assert.True(t, fields["toOptional"].Pointer)
	assert.True(t, fields["toOptional"].Required, "the write model requires it, so it is given at creation")
	assert.False(t, fields["toOptional"].Unsettable)
	assert.True(t, fields["toRequired"].Pointer)
	assert.True(t, fields["toRequired"].Required)
	assert.False(t, fields["toRequired"].Unsettable)

	assert.True(t, fields["dropped"].Dropped)
	assert.True(t, fields["dropped"].Pointer)
	assert.True(t, fields["dropped"].Required)
	assert.False(t, fields["dropped"].Patchable)

	assert.True(t, fields["renamed"].Secret, "model 3 encrypts it under its new name")
	assert.Equal(t, definition.Int, fields["converted"].Value.Kind, "the other shape is behind a conversion")
	assert.Len(t, fields["converted"].Narrow, 1)
	assert.Equal(t, definition.Number, fields["widened"].Value.Kind)
	assert.Len(t, fields["widened"].Narrow, 2)
}

func TestWidening(t *testing.T) {
	object := func(label string, fields ...definition.Attribute) definition.Value {
		return definition.Value{Kind: definition.Struct, Definition: label, Fields: fields}
	}
	enum := func(values ...string) definition.Value {
		return definition.Value{Kind: definition.String, Enum: values}
	}
	text := definition.Value{Kind: definition.String}
	length := 3
	bounded := definition.Value{Kind: definition.String, MaxLength: &length}

	for name, c := range map[string]struct{ a, b, want definition.Value }{
		"nullable":          {text, definition.Value{Kind: definition.String, Nullable: true}, definition.Value{Kind: definition.String, Nullable: true}},
		"enum":              {enum(`"a"`, `"b"`), enum(`"c"`, `"a"`), enum(`"a"`, `"b"`, `"c"`)},
		"enum to any":       {enum(`"a"`), text, text},
		"bound":             {bounded, text, text},
		"int to int64":      {definition.Value{Kind: definition.Int}, definition.Value{Kind: definition.Int64}, definition.Value{Kind: definition.Int64}},
		"int to number":     {definition.Value{Kind: definition.Int}, definition.Value{Kind: definition.Number}, definition.Value{Kind: definition.Number}},
		"timestamp to text": {definition.Value{Kind: definition.Timestamp}, text, text},
		"list": {
			definition.Value{Kind: definition.List, Elem: &definition.Value{Kind: definition.Int}},
			definition.Value{Kind: definition.List, Elem: &definition.Value{Kind: definition.Number}},
			definition.Value{Kind: definition.List, Elem: &definition.Value{Kind: definition.Number}},
		},
		"the label of the wider one": {
			object("#Old", attribute("n", definition.Int)),
			object("#New", attribute("n", definition.Number)),
			object("#New", attribute("n", definition.Number)),
		},
		"no label for what is neither": {
			object("#Old", attribute("n", definition.Int), attribute("gone", definition.String)),
			object("#New", attribute("n", definition.Number), attribute("new", definition.String)),
			object("", attribute("n", definition.Number), optional(attribute("gone", definition.String))),
		},
		"map beside struct": {
			object("", attribute("n", definition.Int)),
			definition.Value{Kind: definition.Map, Elem: &definition.Value{Kind: definition.Int}},
			definition.Value{Kind: definition.JSON},
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := definition.Attribute{Name: "x", Value: c.a}
			after := definition.Attribute{Name: "x", Value: c.b}
			fields := fieldsOf(t,
				definition.Model{Declared: []definition.Attribute{before}},
				definition.Model{Declared: []definition.Attribute{after}})
			assert.Equal(t, c.want, fields["x"].Value)
			assert.Equal(t, []definition.Value{c.a, c.b}, fields["x"].Narrow)
		})
	}
}
