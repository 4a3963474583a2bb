package golden

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/phrase"
)

// Marshal returns the golden definition of a type: the same bytes for the same
// definition, always. It fails if a text of the definition that has to be
// JSON is none.
func Marshal(t *definition.Type) ([]byte, error) { return marshal(t, definitionFormat) }

// marshal is Marshal in a format of this or an earlier version.
func marshal(t *definition.Type, format string) ([]byte, error) {
	if err := texts(t); err != nil {
		return nil, inType(t, err)
	}
	l := layoutOf(format)
	top := l.block("")
	top.text("format", format)
	top.text("type", t.Name)
	if t.Label != t.Name {
		top.raw("label", phrase.JSON(t.Label))
	}
	top.text("go", t.GoName)
	top.prose("doc", t.Doc)
	top.flag("retired", t.Retired)
	top.number("write", t.Write)
	top.number("oldest", t.Oldest)
	top.raw("randomID", fmt.Sprint(t.RandomID))
	top.flag("dottedNames", t.DottedNames)
	top.text("flag", t.Flag)
	top.texts("exposes", t.Exposes)
	var exceptions, models []string
	for _, e := range t.Exceptions {
		exceptions = append(exceptions, l.exception(e, "    "))
	}
	for i := range t.Models {
		var before *definition.Model
		if i > 0 {
			before = &t.Models[i-1]
		}
		models = append(models, l.model(&t.Models[i], before, format))
	}
	top.list("exceptions", exceptions)
	top.list("models", models)
	return []byte(top.lines() + "\n"), nil
}

// layoutOf returns how a format lays out its text: those before the third never
// wrap a line.
func layoutOf(format string) layout {
	if format == definitionFormat {
		return layout{width: 120}
	}
	return layout{}
}

func (l layout) exception(e definition.Exception, indent string) string {
	o := l.inline(indent)
	o.text("rule", e.Rule)
	o.text("attribute", e.Attribute)
	if e.Model != 0 {
		o.number("model", e.Model)
	}
	o.text("reason", e.Reason)
	o.text("until", e.Until)
	return o.line()
}

// model lays a model out as the step from the one before: what it adds,
// declares anew or gives another role.
func (l layout) model(m, before *definition.Model, format string) string {
	o := l.block("    ")
	deeper := o.inside + "  "
	o.number("model", m.Number)
	o.prose("doc", m.Doc)
	if before == nil || before.Format != m.Format {
		o.text("format", string(m.Format))
	}
	if before == nil || before.Namespaces != m.Namespaces {
		o.text("namespaces", string(m.Namespaces))
	}
	var declared, renamed, backfill []string
	for _, a := range m.Declared {
		declared = append(declared, l.attribute(a, m, before, deeper))
	}
	for _, r := range m.Renamed {
		renamed = append(renamed, l.rename(r, deeper))
	}
	for _, b := range m.Backfill {
		o := l.inline(deeper)
		o.text("name", b.Name)
		o.raw("value", b.Value)
		backfill = append(backfill, o.line())
	}
	o.list("attributes", declared)
	o.list("roles", l.roles(m, before, deeper))
	o.texts("removed", m.Removed)
	o.list("renamed", renamed)
	o.list("backfill", backfill)
	if format == firstDefinitionFormat {
		o.texts("computed", computedNames(m))
	} else {
		o.list("computed", l.computed(m, deeper))
	}
	if m.StatesEncrypted {
		o.values("encrypted", quotes(m.Encrypted))
	}
	if m.StatesAAD {
		o.values("aad", quotes(m.AAD))
	}
	return o.lines()
}

func (l layout) rename(r definition.Rename, indent string) string {
	o := l.inline(indent)
	o.raw("new", phrase.JSON(r.New))
	o.raw("old", phrase.JSON(r.Old))
	o.flag("convert", r.Convert)
	return o.line()
}

// computed lists the attributes that a model computes, and what from.
func (l layout) computed(m *definition.Model, indent string) []string {
	var lines []string
	for _, c := range m.Computed {
		o := l.inline(indent)
		o.raw("name", phrase.JSON(c.Name))
		o.values("inputs", quotes(c.Inputs))
		lines = append(lines, o.line())
	}
	return lines
}

// computedNames is computed as the first version of the format has it.
func computedNames(m *definition.Model) []string {
	var names []string
	for _, c := range m.Computed {
		names = append(names, c.Name)
	}
	return names
}

// roles lists the attributes that keep their declaration and get another role.
// It says nothing that the sets do not; it says it where it is seen.
func (l layout) roles(m, before *definition.Model, indent string) []string {
	var lines []string
	for _, a := range m.Attributes {
		if slices.ContainsFunc(m.Declared, func(d definition.Attribute) bool { return d.Name == a.Name }) {
			continue
		}
		if was := roleBefore(a.Name, m, before); was != "" {
			o := l.inline(indent)
			o.raw("name", phrase.JSON(a.Name))
			o.text("role", string(m.Role(a.Name)))
			o.text("was", string(was))
			lines = append(lines, o.line())
		}
	}
	return lines
}

// roleBefore returns the role that an attribute had in the model before, where
// it was there and had another one.
func roleBefore(name string, m, before *definition.Model) definition.Role {
	if before == nil {
		return ""
	}
	old := m.AttributeBefore(before, name)
	if old == nil || before.Role(old.Name) == m.Role(name) {
		return ""
	}
	return before.Role(old.Name)
}

func (l layout) attribute(a definition.Attribute, m, before *definition.Model, indent string) string {
	o := l.inline(indent)
	o.raw("name", phrase.JSON(a.Name))
	o.text("role", string(m.Role(a.Name)))
	o.text("was", string(roleBefore(a.Name, m, before)))
	o.declaration(a)
	return o.line()
}

// field is an attribute of a nested struct, which has no role of its own.
func (l layout) field(a definition.Attribute, indent string) string {
	o := l.inline(indent)
	o.raw("name", phrase.JSON(a.Name))
	o.declaration(a)
	return o.line()
}

func (o *object) declaration(a definition.Attribute) {
	o.text("go", a.GoName)
	o.flag("optional", a.Optional)
	o.value(a.Value)
	if a.Default != "" {
		o.raw("default", a.Default)
	}
	o.prose("doc", a.Doc)
}

func (o *object) value(v definition.Value) {
	o.text("type", string(v.Kind))
	o.flag("nullable", v.Nullable)
	if len(v.Enum) > 0 {
		o.values("enum", v.Enum)
	}
	if len(v.Not) > 0 {
		o.values("not", v.Not)
	}
	limit(o, "min", "above", v.Min)
	limit(o, "max", "below", v.Max)
	if v.MinLength != nil {
		o.number("minLength", *v.MinLength)
	}
	if v.MaxLength != nil {
		o.number("maxLength", *v.MaxLength)
	}
	o.texts("patterns", v.Patterns)
	o.texts("notPatterns", v.NotPatterns)
	o.text("definition", v.Definition)
	o.text("definitionGo", v.GoName)
	o.prose("definitionDoc", v.Doc)
	if v.Elem != nil {
		elem := o.inline(o.inside)
		elem.value(*v.Elem)
		o.raw("of", elem.line())
	}
	var fields []string
	for _, f := range v.Fields {
		fields = append(fields, o.field(f, o.inside+"  "))
	}
	o.list("fields", fields)
}

func limit(o *object, inclusive, exclusive string, l *definition.Limit) {
	switch {
	case l == nil:
	case l.Exclusive:
		o.raw(exclusive, l.Number)
	default:
		o.raw(inclusive, l.Number)
	}
}

// texts checks that everything which goes into the file verbatim is one
// line of JSON.
func texts(t *definition.Type) error {
	for i := range t.Models {
		m := &t.Models[i]
		for _, b := range m.Backfill {
			if err := isText(b.Value); err != nil {
				return fmt.Errorf("model %d: backfill of %q: %w", m.Number, b.Name, err)
			}
		}
		for _, a := range m.Declared {
			if err := attributeTexts(a); err != nil {
				return fmt.Errorf("model %d: attribute %q: %w", m.Number, a.Name, err)
			}
		}
	}
	return nil
}

func attributeTexts(a definition.Attribute) error {
	if a.Default != "" {
		if err := isText(a.Default); err != nil {
			return err
		}
	}
	return valueTexts(a.Value)
}

func valueTexts(v definition.Value) error {
	all := slices.Concat(v.Enum, v.Not)
	for _, l := range []*definition.Limit{v.Min, v.Max} {
		if l != nil {
			all = append(all, l.Number)
		}
	}
	for _, text := range all {
		if err := isText(text); err != nil {
			return err
		}
	}
	if v.Elem != nil {
		if err := valueTexts(*v.Elem); err != nil {
			return err
		}
	}
	for _, f := range v.Fields {
		if err := attributeTexts(f); err != nil {
			return err
		}
	}
	return nil
}

func isText(text string) error {
	if strings.ContainsAny(text, "\n\r") || strings.TrimSpace(text) != text || !json.Valid([]byte(text)) {
		return errors.New("not a line of JSON: " + phrase.JSON(text))
	}
	return nil
}
