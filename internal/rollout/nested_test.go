package rollout

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esotest"
)

// within wraps a struct of the given parts: as it is, or deeper.
var within = map[string]func(fields []definition.Attribute) definition.Value{
	"a struct": structOf,
	"a struct in a struct": func(fields []definition.Attribute) definition.Value {
		return structOf([]definition.Attribute{{Name: "inner", Value: structOf(fields)}, {Name: "beside", Value: definition.Value{Kind: definition.String}}})
	},
	"a list of structs": func(fields []definition.Attribute) definition.Value {
		items := structOf(fields)
		return definition.Value{Kind: definition.List, Elem: &items}
	},
	"a map of lists of structs": func(fields []definition.Attribute) definition.Value {
		items := structOf(fields)
		list := definition.Value{Kind: definition.List, Elem: &items}
		return definition.Value{Kind: definition.Map, Elem: &list}
	},
}

func structOf(fields []definition.Attribute) definition.Value {
	return definition.Value{Kind: definition.Struct, Fields: fields}
}

// configs declares an attribute "config" whose value is wrapped so.
func configs(wrap func([]definition.Attribute) definition.Value, fields ...string) modelWith {
	return func(m *definition.Model) {
		m.Declared = append(m.Declared, definition.Attribute{Name: "config", Value: wrap(has(fields...))})
	}
}

// TestNested changes the declaration of a nested value, at several depths and in
// each role. What breaks in one release is safe if it was announced.
func TestNested(t *testing.T) {
	t.Parallel()
	const running, created = "v1 (running)", "new"
	for _, c := range []struct {
		name          string
		before, after []string
		broken        string
		invalid       bool // no model of a spec may follow so, but a released one may have been edited so
	}{
		{"add an optional part", []string{"a", "z"}, []string{"a", "z", "b?"}, "", false},
		{"remove an optional part", []string{"a", "b?"}, []string{"a"}, "", false},
		{"remove a required part", []string{"a", "b"}, []string{"a"}, `2 required-missing "config" ` + running, false},
		{"required to optional", []string{"a", "b"}, []string{"a", "b?"}, `2 required-missing "config" ` + running, false},
		{"nothing but optional parts", []string{"a?", "b?"}, []string{"a?", "c?"}, "", false},
		{"become nullable", []string{"a"}, []string{"a:string|null"}, `1 unreadable "config" ` + running, false},
		{"integer to number", []string{"a:int"}, []string{"a:number"}, `1 unreadable "config" ` + running, false},
		{"no longer nullable", []string{"a:string|null"}, []string{"a:string"}, `1 unreadable "config" ` + created, true},
		{"optional to required", []string{"a?"}, []string{"a"}, `2 required-missing "config" ` + created, true},
		{"add a required part", []string{"a"}, []string{"a", "b"}, `2 required-missing "config" ` + created, true},
	} {
		for depth, wrap := range within {
			for _, role := range roles {
				t.Run(fmt.Sprint(c.name, " in ", depth, " ", role), func(t *testing.T) {
					t.Parallel()
					sets := model("token", "owner", "token", "owner")
					take(&sets, "config", role)
					after := sets
					after.Declared = nil
					before, after := with(sets, configs(wrap, c.before...)), with(after, configs(wrap, c.after...))
					v, err := Judge(t.Context(), oneStep(before, after))
					require.NoError(t, err)
					require.True(t, v.Complete)
					assert.Less(t, v.States, 200)
					if assert.Equal(t, c.broken, summary(v), dump(v)); testing.Verbose() {
						t.Logf("%d states\n%s", v.States, dump(v))
					}
					if c.invalid {
						return
					}
					for i, stage := range stages(before, after) {
						assert.Empty(t, dump(verdict(t, stage)), "stage %d", i+1)
					}
				})
			}
		}
	}
}

// TestToldApart announces changes under which a value of the older declaration is
// not one of the newer one: only some values are, and no announcement helps.
func TestToldApart(t *testing.T) {
	t.Parallel()
	text, whole := definition.Value{Kind: definition.String}, definition.Value{Kind: definition.Int}
	mapOf := func(elem definition.Value) definition.Value {
		return definition.Value{Kind: definition.Map, Elem: &elem}
	}
	v := func(optional bool) definition.Value {
		return structOf([]definition.Attribute{{Name: "u", Optional: true, Value: structOf([]definition.Attribute{{Name: "v", Optional: optional, Value: text}})}})
	}
	for _, c := range []struct {
		name          string
		before, after definition.Value
		broken, value string
	}{
		{"a map becomes a struct", mapOf(text), structOf([]definition.Attribute{{Name: "u", Optional: true, Value: whole}}),
			`1 unreadable "config" new`, `"u":"value 1"`},
		{"a part of a part becomes required", v(true), v(false), `2 required-missing "config" new`, `{"u":{}}`},
	} {
		for _, role := range roles {
			for _, f := range []definition.Format{definition.Kibana, definition.Native} {
				t.Run(fmt.Sprint(c.name, " ", role, " ", f), func(t *testing.T) {
					t.Parallel()
					sets := with(model("token", "owner", "token", "owner"), inFormat(f))
					take(&sets, "config", role)
					before, after := sets, sets
					after.Declared = nil
					before.Declared = append(before.Declared, definition.Attribute{Name: "config", Value: c.before})
					after.Declared = append(after.Declared, definition.Attribute{Name: "config", Value: c.after})
					stage := stages(before, after)
					assert.Empty(t, dump(verdict(t, stage[0])))
					v := verdict(t, stage[1])
					assert.Equal(t, c.broken, summary(v), dump(v))
					if role != definition.Encrypted {
						step := v.Findings[0].replay.steps[0]
						assert.Contains(t, string(step.doc.Attributes), c.value)
					}
				})
			}
		}
	}
}

// TestNestedEdit edits a released model in place.
func TestNestedEdit(t *testing.T) {
	t.Parallel()
	of := func(fields ...string) *definition.Type {
		return typeOf(1, with(model("token", "owner", "token", "owner"), configs(structOf, fields...)))
	}
	v := verdict(t, Case{History: []Release{{Name: "v1", Type: of("a", "b")}}, New: Release{Type: of("a", "c")}})
	assert.Equal(t, "2 required-missing \"config\" new\n2 required-missing \"config\" v1 (running)", summary(v))
	assert.Contains(t, dump(v), "its model 1 requires config.c, the document lacks that, and it shows a zero value that nobody wrote")
	v = verdict(t, Case{History: []Release{{Name: "v1", Type: of("a", "b?")}}, New: Release{Type: of("a", "c?")}})
	assert.Empty(t, dump(v))
}

// nestedFaults are faults in how an update treats the parts of a value.
func nestedFaults() map[string]func(before, after map[string]any, known []string) {
	return map[string]func(before, after map[string]any, known []string){
		"unknown parts are forgotten": func(_, after map[string]any, known []string) {
			for name := range after {
				if !strings.Contains(strings.Join(known, " "), name) {
					delete(after, name)
				}
			}
		},
		"the other parts stay as they were before the last write": func(before, after map[string]any, _ []string) {
			for name := range after {
				if name != "a" {
					after[name] = "planted"
				}
			}
		},
		"a part that was unset stays": func(before, after map[string]any, _ []string) {
			for name, value := range before {
				if _, ok := after[name]; !ok {
					after[name] = value
				}
			}
		},
	}
}

// TestNestedFaults breaks what an update does to nested values.
func TestNestedFaults(t *testing.T) {
	t.Parallel()
	before := with(model("token", "owner", "token", "owner"), configs(structOf, "a", "b?"))
	c := oneStep(before, with(model("token", "owner"), configs(structOf, "a", "b?", "c?")))
	require.Empty(t, dump(verdict(t, c)))
	for name, fault := range nestedFaults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrap := func(o operations) operations {
				var known []string
				for _, f := range o.(*codec).fields[fieldOf(o, "config")].Value.Fields {
					known = append(known, f.Name)
				}
				return faulty{operations: o, onUpdate: func(then, now eso.Document) eso.Document {
					return edit(now, func(now map[string]json.RawMessage) {
						edit(then, func(then map[string]json.RawMessage) {
							b, a := decode(string(then["config"])).(map[string]any), decode(string(now["config"])).(map[string]any)
							fault(b, a, known)
							now["config"] = json.RawMessage(encode(a))
						})
					})
				}}
			}
			v, err := judge(t.Context(), c, options{together: together, moves: MaxMoves, reduce: true, wrap: wrap})
			require.NoError(t, err)
			require.NotEmpty(t, v.Findings)
			for _, f := range v.Findings {
				assert.Equal(t, Stale, f.Kind, dump(v))
				assert.Equal(t, "config", f.Attribute)
			}
		})
	}
}

// TestNestedCodec checks that the interpreted codec keeps the parts that it does not
// know when a sibling changes, and replaces whole values wholly.
func TestNestedCodec(t *testing.T) {
	t.Parallel()
	typ := typeOf(1, with(model("", "", "x"), configs(within["a struct in a struct"], "a", "b?")))
	p := &search{}
	c := newCodec(definition.Fields(typ), p.runtimeDefinition(typ))
	ctx := context.Background()
	doc := eso.Document{Ref: eso.Ref{Type: "thing", ID: "7c9e6679-7425-40de-944b-e07fc1f90ae7"}, Model: 1,
		Attributes: []byte(`{"x":"1","config":{"n":[1.50],"inner":{"z":{"deep": 1},"b":"2","a":"1"},"beside":"1"}}`)}
	for _, at := range []struct {
		path esotest.Path
		text string
		want string
	}{
		{esotest.Path{{Name: "inner"}, {Name: "a"}}, `"3"`, `{"n":[1.50],"inner":{"z":{"deep": 1},"b":"2","a":"3"},"beside":"1"}`},
		{esotest.Path{{Name: "inner"}, {Name: "b"}}, ``, `{"n":[1.50],"inner":{"z":{"deep": 1},"a":"1"},"beside":"1"}`},
		{esotest.Path{{Name: "inner"}}, `{"a":"4"}`, `{"n":[1.50],"inner":{"a":"4"},"beside":"1"}`},
		{nil, `{"inner":{"a":"4"},"beside":"2"}`, `{"inner":{"a":"4"},"beside":"2"}`},
	} {
		for _, does := range []func(context.Context, eso.Keyring, eso.Document, change) (eso.Document, error){c.update, c.patch} {
			after, err := does(ctx, liveRing, doc, change{field: fieldOf(c, "config"), path: at.path, text: at.text})
			require.NoError(t, err)
			assert.JSONEq(t, `{"x":"1","config":`+at.want+`}`, string(after.Attributes))
			if at.path != nil {
				assert.Equal(t, `{"x":"1","config":`+at.want+`}`, string(after.Attributes))
			}
		}
	}
}

// TestLongValue plays a nested value whose text is as long as a ciphertext.
func TestLongValue(t *testing.T) {
	t.Parallel()
	var fields []string
	for i := range 12 {
		fields = append(fields, fmt.Sprintf("field%d", i))
	}
	v := verdict(t, oneStep(with(model("token", "owner", "token", "owner"), configs(structOf, fields...)), with(model("token", "owner"), configs(structOf, append(fields, "more?")...))))
	assert.Empty(t, dump(v))
}

// TestManyParts changes many parts in the same way: a few represent all of them.
func TestManyParts(t *testing.T) {
	t.Parallel()
	before, after := []string{"a"}, []string{"a"}
	for i, kind := range []string{"string", "int", "bool", "number", "timestamp", "duration", "bytes", "json"} {
		for k := range 3 {
			after = append(after, fmt.Sprintf("n%dx%d?:%s", i, k, kind))
			before = append(before, fmt.Sprintf("o%dx%d?:%s", i, k, kind))
		}
	}
	v := verdict(t, oneStep(with(model("token", "owner", "token", "owner"), configs(structOf, before...)), with(model("token", "owner"), configs(structOf, after...))))
	assert.Empty(t, dump(v))
	assert.Less(t, v.States, 300)
	t.Log(v.States)
}
