package spec

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"cuelang.org/go/cue"

	"github.com/esogen/esogen/internal/definition"
)

// The keys of the spec language. The schema in eso/ has the same, which a test
// watches over.
var (
	typeKeys = []string{"namespaces", "format", "models", "write", "oldest", "randomID", "exposes",
		"name", "dottedNames", "retired", "flag", "exceptions"}
	modelKeys     = []string{"attributes", "encrypted", "aad", "removed", "renamed", "backfill", "computed", "namespaces", "format"}
	renameKeys    = []string{"from", "convert"}
	exceptionKeys = []string{"rule", "attribute", "model", "reason", "until"}
)

// read reads the whole type.
func (r *reader) read(v cue.Value) {
	s := r.settings(v, nil, "the type", "eso.#Type & {…}", typeKeys)
	if name, ok := s["name"]; ok {
		if text, ok := r.text(name, "the name in quotes"); ok {
			r.t.Name = text
		}
	}
	var no *refusal
	if r.t.GoName, no = goName(v); no != nil {
		r.refuse(nil, "the type", no)
	}
	r.t.Doc = docText(v.Doc())
	r.t.RandomID = r.flag(s, "randomID", true)
	r.t.DottedNames = r.flag(s, "dottedNames", false)
	r.t.Retired = r.flag(s, "retired", false)
	r.t.Flag = r.flagName(s)
	if exposes, ok := s["exposes"]; ok {
		r.t.Exposes = r.nameList(exposes, "names")
	}
	if exceptions, ok := s["exceptions"]; ok {
		r.exceptions(exceptions)
	}
	namespaces, format := r.namespaces(s, ""), r.format(s, definition.Native)
	if models, ok := s["models"]; ok {
		r.models(models, namespaces, format)
	}
	r.t.Write, r.t.Oldest = r.modelOr(s, "write", 0), r.modelOr(s, "oldest", 1)
	if newest := r.t.Newest(); newest != nil && r.t.Write == 0 {
		if _, stated := s["write"]; !stated || r.known(definition.Path{"write"}) {
			r.t.Write = newest.Number
		}
	}
}

func (r *reader) flag(s map[string]setting, key string, otherwise bool) bool {
	if f, ok := s[key]; ok {
		if value, ok := r.boolean(f); ok {
			return value
		}
	}
	return otherwise
}

// flagName reads the name of the flag that a type is behind. An empty one is
// reported: it would put the type behind nothing.
func (r *reader) flagName(s map[string]setting) string {
	f, ok := s["flag"]
	if !ok {
		return ""
	}
	name, ok := r.text(f, "the name of a flag in quotes")
	if ok && name == "" {
		r.fail(f.path, "definition/flag", "write the name of the product's flag, or leave it out", `"flag" is empty`)
	}
	return name
}

func (r *reader) modelOr(s map[string]setting, key string, otherwise int) int {
	if f, ok := s[key]; ok {
		if n, ok := r.number(f); ok {
			return n
		}
	}
	return otherwise
}

func (r *reader) namespaces(s map[string]setting, otherwise definition.Namespaces) definition.Namespaces {
	if f, ok := s["namespaces"]; ok {
		if text, ok := r.oneOf(f, string(definition.Single), string(definition.Multiple),
			string(definition.MultipleIsolated), string(definition.Agnostic)); ok {
			return definition.Namespaces(text)
		}
		if otherwise == "" {
			return definition.Agnostic // reported: let Check not report it once more
		}
	}
	return otherwise
}

func (r *reader) format(s map[string]setting, otherwise definition.Format) definition.Format {
	if f, ok := s["format"]; ok {
		if text, ok := r.oneOf(f, string(definition.Kibana), string(definition.Native)); ok {
			return definition.Format(text)
		}
		return definition.Kibana
	}
	return otherwise
}

func (r *reader) exceptions(s setting) {
	for i, v := range r.elements(s, `a list such as [{rule: "…", reason: "…"}]`) {
		path := below(s.path, strconv.Itoa(i))
		fields := r.settings(v, path, "an exception", `{rule: "…", reason: "…"}`, exceptionKeys)
		text := func(key string) string {
			if f, ok := fields[key]; ok {
				value, _ := r.text(f, "a string")
				return value
			}
			return ""
		}
		r.t.Exceptions = append(r.t.Exceptions, definition.Exception{
			Rule: text("rule"), Attribute: text("attribute"), Model: r.modelOr(fields, "model", 0), Reason: text("reason"), Until: text("until"),
		})
	}
}

var modelNumbers = regexp.MustCompile(`^[1-9][0-9]{0,8}$`)

func modelNumber(label string) int {
	if !modelNumbers.MatchString(label) {
		return 0
	}
	n, _ := strconv.Atoi(label)
	return n
}

func (r *reader) models(s setting, namespaces definition.Namespaces, format definition.Format) {
	fields := r.fields(s.value, s.path, `"models"`, `models: "1": {…}`)
	if fields == nil {
		return
	}
	type numbered struct {
		number int
		path   definition.Path
		value  cue.Value
	}
	var models []numbered
	for fields.Next() {
		key := fields.Selector().Unquoted()
		path := below(s.path, key)
		switch number := modelNumber(key); {
		case number == 0:
			r.fail(path, "definition/bad-value", `number the models from "1", without gaps`, "%q is not the number of a model", key)
		case fields.Selector().ConstraintType() != 0:
			r.fail(path, "definition/bad-value", fmt.Sprintf("write %q: {…}", key), "model %s has a mark behind it, which makes it none", key)
		case len(models) == r.shaper.limits.models:
			r.fail(s.path, "definition/too-large", "write fewer models", "the type has more than %d models", r.shaper.limits.models)
			return
		default:
			models = append(models, numbered{number, path, fields.Value()})
		}
	}
	slices.SortFunc(models, func(a, b numbered) int { return cmp.Compare(a.number, b.number) })
	for _, m := range models {
		model := r.model(m.number, m.path, m.value, namespaces, format)
		namespaces, format = model.Namespaces, model.Format
		r.t.Models = append(r.t.Models, model)
	}
}

func (r *reader) model(number int, path definition.Path, v cue.Value, namespaces definition.Namespaces, format definition.Format) definition.Model {
	m := definition.Model{Number: number, Namespaces: namespaces, Format: format}
	what := fmt.Sprintf("model %d", number)
	m.Doc = r.doc(v, path)
	s := r.settings(v, path, what, "{attributes: {…}, encrypted: […], aad: […]}", modelKeys)
	m.Namespaces, m.Format = r.namespaces(s, namespaces), r.format(s, format)
	if f, ok := s["attributes"]; ok {
		m.Declared = r.attributes(f, below(path, "attributes"), what)
	}
	if f, ok := s["encrypted"]; ok {
		m.Encrypted, m.StatesEncrypted = r.nameList(f, "names"), true
	}
	if f, ok := s["aad"]; ok {
		m.AAD, m.StatesAAD = r.nameList(f, "names"), true
	}
	if f, ok := s["removed"]; ok {
		m.Removed = r.nameList(f, "names")
	}
	if f, ok := s["computed"]; ok {
		m.Computed = r.computed(f)
	}
	if f, ok := s["renamed"]; ok {
		m.Renamed = r.renames(f)
	}
	if f, ok := s["backfill"]; ok {
		m.Backfill = r.backfill(f)
	}
	return m
}

// entries returns the fields of a struct whose keys are names.
func (r *reader) entries(s setting, example string) []setting {
	fields := r.fields(s.value, s.path, quoted(s.key), example)
	if fields == nil {
		return nil
	}
	var all []setting
	for fields.Next() {
		name := fields.Selector().Unquoted()
		e := setting{name, below(s.path, name), fields.Value()}
		if fields.Selector().ConstraintType() != 0 {
			r.fail(e.path, "definition/bad-value", "leave the mark behind the name out", "%q has %q with a mark behind it, which gives it no value", s.key, name)
			continue
		}
		all = append(all, e)
	}
	return all
}

func (r *reader) renames(s setting) []definition.Rename {
	var renames []definition.Rename
	for _, e := range r.entries(s, `renamed: {new: "old"}`) {
		rename := definition.Rename{New: e.key}
		if e.value.IncompleteKind() == cue.StructKind {
			fields := r.settings(e.value, e.path, fmt.Sprintf("the rename to %q", e.key), `{from: "old", convert: true}`, renameKeys)
			from, ok := fields["from"]
			if !ok {
				r.fail(e.path, "definition/missing-key", `write {from: "old", convert: true}`, "the rename to %q does not say from which name", e.key)
				continue
			}
			e.value, e.path = from.value, from.path
			rename.Convert = r.flag(fields, "convert", false)
		}
		var ok bool
		if rename.Old, ok = r.text(e, "the old name in quotes"); ok {
			renames = append(renames, rename)
		}
	}
	return renames
}

// computed reads the attributes that functions compute, and what from. Earlier
// versions took a list of names.
func (r *reader) computed(s setting) []definition.Compute {
	if s.value.IncompleteKind() == cue.ListKind {
		r.fail(s.path, "definition/bad-value", `write computed: {name: ["input", …]}: for each name the attributes of the model before that its function takes, in the order of its parameters`,
			`"computed" is a list of names, which does not say what they are computed from`)
		return nil
	}
	var computed []definition.Compute
	for _, e := range r.entries(s, `computed: {name: ["input"]}`) {
		computed = append(computed, definition.Compute{Name: e.key, Inputs: r.nameList(e, "names")})
	}
	return computed
}

func (r *reader) backfill(s setting) []definition.Backfill {
	var backfill []definition.Backfill
	for _, e := range r.entries(s, `backfill: {name: "value"}`) {
		if err := errorOf(e.value); err != nil {
			r.contradicted(e.path, fmt.Sprintf("the backfill of %q", e.key), err)
			continue
		}
		text, err := e.value.MarshalJSON()
		if err != nil {
			if !r.gap(e.path) {
				r.fail(e.path, "definition/bad-value", "write a constant, or ask for a function with computed", "the backfill of %q is not a constant", e.key)
			}
			continue
		}
		backfill = append(backfill, definition.Backfill{Name: e.key, Value: string(text)})
	}
	return backfill
}

func (r *reader) attributes(s setting, path definition.Path, what string) []definition.Attribute {
	fields := r.fields(s.value, s.path, `"attributes" of `+what, "attributes: {name: string}", cue.Patterns(true), cue.Hidden(true))
	if fields == nil {
		return nil
	}
	attributes := []definition.Attribute{}
	var patterns []cue.Value
	for fields.Next() {
		if fields.Selector().ConstraintType() == cue.PatternConstraint {
			patterns = append(patterns, fields.Selector().Pattern())
			continue
		}
		if no := helper(fields.Selector(), fields.Value()); no != nil {
			r.refuse(s.path, `"attributes" of `+what, no)
			r.broken[fields.Selector().String()] = true
			continue
		}
		if !fields.Selector().IsString() {
			continue
		}
		if a, ok := r.attribute(fields.Selector(), fields.Value(), path); ok {
			attributes = append(attributes, a)
		}
	}
	for _, pattern := range patterns {
		if !slices.ContainsFunc(attributes, func(a definition.Attribute) bool { return r.matches(pattern, a.Name) }) {
			r.fail(s.path, "definition/unsupported", "name the attributes; a map goes into one, as in settings: {[string]: string}",
				`"attributes" of %s has a pattern that fits no name`, what)
		}
	}
	return attributes
}

// matches reports whether a pattern for labels fits a name.
func (r *reader) matches(pattern cue.Value, name string) bool {
	return pattern.Unify(r.shaper.context.Encode(name)).Err() == nil
}

// attribute reads one attribute. Where it cannot be read it is kept as any
// value, so that its name is known, unless that too is in doubt.
func (r *reader) attribute(selector cue.Selector, v cue.Value, path definition.Path) (definition.Attribute, bool) {
	a := definition.Attribute{
		Name:     selector.Unquoted(),
		Optional: selector.ConstraintType() == cue.OptionalConstraint,
	}
	path = below(path, a.Name)
	subject := fmt.Sprintf("attribute %q", a.Name)
	a.Doc = r.doc(v, path)
	var no *refusal
	if a.GoName, no = goName(v); no != nil {
		r.refuse(path, subject, no)
	}
	r.shaper.inside = []string{"." + v.Path().String()}
	value, choice, no := r.shaper.value(v, 0)
	if no == nil {
		a.Value = value
		a.Default, no = defaultText(v, choice)
	}
	if no != nil {
		a.Value = definition.Value{Kind: definition.JSON}
		r.refuse(path, subject, no)
	} else {
		r.gap(path)
	}
	return a, true
}

// doc returns the doc comment of a model or an attribute.
func (r *reader) doc(v cue.Value, path definition.Path) string {
	if text := docText(v.Doc()); text != "" || !r.chains {
		return text
	}
	return r.locate.chainDoc(r.label, path)
}
