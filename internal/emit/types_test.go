package emit_test

import (
	"github.com/esogen/esogen/internal/definition"
)

// The types of the tests.

func text() definition.Value      { return definition.Value{Kind: definition.String} }
func timestamp() definition.Value { return definition.Value{Kind: definition.Timestamp} }

func kind(k definition.Kind) definition.Value { return definition.Value{Kind: k} }

func enum(texts ...string) definition.Value {
	return definition.Value{Kind: definition.String, Enum: texts}
}

func list(elem definition.Value) definition.Value {
	return definition.Value{Kind: definition.List, Elem: &elem}
}

func dict(elem definition.Value) definition.Value {
	return definition.Value{Kind: definition.Map, Elem: &elem}
}

func object(fields ...definition.Attribute) definition.Value {
	return definition.Value{Kind: definition.Struct, Fields: fields}
}

func null(v definition.Value) definition.Value {
	v.Nullable = true
	return v
}

func attribute(name string, v definition.Value) definition.Attribute {
	return definition.Attribute{Name: name, Value: v}
}

func maybe(name string, v definition.Value) definition.Attribute {
	return definition.Attribute{Name: name, Value: v, Optional: true}
}

func documented(a definition.Attribute, doc string) definition.Attribute {
	a.Doc = doc
	return a
}

// typeOf makes a type of models, numbers and resolves them.
func typeOf(name string, write int, models ...definition.Model) *definition.Type {
	t := &definition.Type{Name: name, Label: name, RandomID: true, Write: write, Oldest: 1, Models: models}
	for i := range t.Models {
		m := &t.Models[i]
		m.Number = i + 1
		m.Format = definition.Kibana
		if m.Namespaces == "" {
			m.Namespaces = definition.Agnostic
		}
		m.StatesEncrypted = m.Encrypted != nil
		m.StatesAAD = m.AAD != nil
	}
	t.Resolve()
	return t
}

// connectorToken is the example of the design: model 2 is announced.
func connectorToken(write int) *definition.Type {
	bound := []string{"connectorId", "tokenType", "expiresAt", "createdAt", "updatedAt"}
	t := typeOf("connector_token", write, definition.Model{
		Declared: []definition.Attribute{
			documented(attribute("connectorId", text()), "The connector that the token belongs to."),
			attribute("tokenType", text()),
			attribute("token", text()),
			attribute("expiresAt", timestamp()),
			attribute("createdAt", timestamp()),
			attribute("updatedAt", timestamp()),
		},
		Encrypted: []string{"token"},
		AAD:       bound,
	}, definition.Model{
		Declared: []definition.Attribute{
			maybe("expiresAt", timestamp()),
			maybe("refreshToken", text()),
			maybe("refreshTokenExpiresAt", timestamp()),
		},
		Encrypted: []string{"token", "refreshToken"},
		AAD:       append(bound[:5:5], "refreshTokenExpiresAt"),
	})
	t.Doc = "The OAuth token of one connector."
	return t
}

func pointer[T any](v T) *T { return &v }

// alert has what a definition can have: enums, bounds, patterns, defaults,
// lists, maps, nested and shared structs, a rename with a conversion, a
// computed value, a backfill, and a model that is announced.
func alert() *definition.Type {
	schedule := object(
		documented(attribute("interval", kind(definition.Duration)), "How often it runs."),
		maybe("timezone", null(text())),
	)
	schedule.Definition, schedule.Doc = "#Schedule", "When something runs."
	name := text()
	name.MinLength, name.MaxLength = pointer(1), pointer(80)
	name.Patterns = []string{`^\S.*$`}
	retries := kind(definition.Int)
	retries.Min, retries.Max = &definition.Limit{Number: "0"}, &definition.Limit{Number: "10", Exclusive: true}
	tags := list(text())
	tags.MaxLength = pointer(20)
	severity := enum(`"low"`, `"high"`)

	t := typeOf("alert", 2, definition.Model{
		Namespaces: definition.Single,
		Declared: []definition.Attribute{
			attribute("name", name),
			attribute("every", text()),
			attribute("apiKey", null(text())),
			attribute("owner", text()),
			maybe("legacy", kind(definition.Bool)),
		},
		Encrypted: []string{"apiKey"},
		AAD:       []string{"owner"},
	}, definition.Model{
		Doc:        "Schedules became objects.",
		Namespaces: definition.Single,
		Declared: []definition.Attribute{
			attribute("schedule", schedule),
			documented(attribute("severity", severity), "How bad it is.\n\nIn the words of the one who\nis woken up."),
			{Name: "retries", Value: retries, Default: "3"},
			{Name: "enabled", Value: kind(definition.Bool), Default: "true"},
			{Name: "tags", Optional: true, Value: tags, Default: `["new"]`},
			maybe("labels", dict(null(text()))),
			maybe("actions", list(object(
				attribute("id", kind(definition.UUID)),
				attribute("group", enum(`"default"`, `"recovered"`)),
				maybe("params", kind(definition.JSON)),
			))),
			maybe("window", object(attribute("start", timestamp()), maybe("limit", kind(definition.Number)))),
			attribute("snoozedUntil", null(timestamp())),
			maybe("certificate", kind(definition.Bytes)),
			maybe("counter", kind(definition.Int64)),
			attribute("scope", text()),
			maybe("secretParams", object(attribute("user", text()), attribute("password", text()))),
			maybe("note", text()),
		},
		Encrypted: []string{"apiKey", "secretParams"},
		AAD:       []string{"owner", "schedule", "severity"},
		Removed:   []string{"legacy"},
		Renamed:   []definition.Rename{{New: "schedule", Old: "every", Convert: true}},
		Computed:  []definition.Compute{{Name: "scope", Inputs: []string{"name"}}},
		Backfill: []definition.Backfill{
			{Name: "severity", Value: `"low"`}, {Name: "retries", Value: "3"}, {Name: "enabled", Value: "true"}, {Name: "snoozedUntil", Value: "null"},
		},
	}, definition.Model{
		Namespaces: definition.Single,
		Declared: []definition.Attribute{
			attribute("severity", enum(`"low"`, `"high"`, `"critical"`)),
			maybe("note", text()),
			maybe("runs", kind(definition.Int)),
		},
		AAD:     []string{"owner", "schedule", "severity", "tags"},
		Removed: []string{"labels"},
		Renamed: []definition.Rename{{New: "dueAt", Old: "snoozedUntil"}},
	})
	t.Doc = "A rule that wakes somebody up."
	t.Exposes = []string{"apiKey"}
	return t
}

// oldestAlert no longer opens model 1, and so needs no conversions. It announces
// an attribute that is computed from optional, nullable and nested ones.
func oldestAlert() *definition.Type {
	t := alert()
	t.Oldest = 2
	m := &t.Models[2]
	m.Declared = append(m.Declared, attribute("digest", text()))
	m.Computed = []definition.Compute{{Name: "digest", Inputs: []string{"scope", "tags", "snoozedUntil", "schedule"}}}
	t.Resolve()
	return t
}
