// Package jsonl works on objects in files and pipes: one JSON object a line, as
// Kibana's API shows a saved object, as its exports hold them, or as a hit of a
// search in Elasticsearch. It seals, opens, strips and rotates them by
// definitions that come from specs, through the runtime, as generated code does.
package jsonl

import (
	"errors"
	"fmt"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/kibanaindex"
)

// Line is a saved object of one line: the line itself, or the _source of a hit.
// It keeps the texts of all members verbatim, and their order.
type Line struct {
	object
	hit *object // the hit around the object, nil if there is none
	err error   // why a hit holds no object
}

// ParseLine parses a line. It refuses anything but a JSON object, and two members
// of one name.
func ParseLine(text []byte) (*Line, error) {
	whole, err := parseObject(text)
	if err != nil {
		return nil, err
	}
	if isHit(whole) {
		return parseHit(whole), nil
	}
	return &Line{object: *whole}, nil
}

// Bytes returns the line, without an end of line.
func (l *Line) Bytes() []byte {
	if l.hit == nil {
		return l.object.Bytes()
	}
	if _, ok := l.hit.get(sourceName); ok {
		l.hit.set(sourceName, string(l.object.Bytes()), "")
	}
	return l.hit.Bytes()
}

// outer returns the members of the line itself, where an error belongs.
func (l *Line) outer() *object {
	if l.hit != nil {
		return l.hit
	}
	return &l.object
}

// attributesName is the member that holds the attributes.
func (l *Line) attributesName() string {
	if l.hit == nil {
		return "attributes"
	}
	name, _ := l.text("type")
	return name
}

// text returns a member that must be a string. A missing one is "".
func (l *Line) text(name string) (string, error) {
	raw, ok := l.get(name)
	if !ok {
		return "", nil
	}
	if !strings.HasPrefix(raw, `"`) {
		return "", fmt.Errorf("%w: %q is not a string", eso.ErrMalformed, l.path(name))
	}
	return identity(l.path(name), raw)
}

// identity decodes a string that belongs to the identity of an object. It
// refuses invalid UTF-8 and lone surrogates: decoded as U+FFFD they would make
// one object of two.
func identity(name, raw string) (string, error) {
	s, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		return "", fmt.Errorf("%w: %q is not valid UTF-8, or holds a lone surrogate", eso.ErrMalformed, name)
	}
	return string(s), nil
}

// namespace returns the namespace that the seal of an object binds, and "" for
// models that bind none: what such an object says of namespaces is left alone.
func (l *Line) namespace(m *eso.Model) (string, error) {
	if m.Namespaces != eso.Single && (m.Namespaces != eso.MultipleIsolated || m.Format != eso.Native) {
		return "", nil
	}
	if _, ok := l.get("namespace"); ok || (l.hit != nil && m.Namespaces == eso.Single) {
		return l.text("namespace")
	}
	names, err := l.namespaces()
	if err != nil || names == nil {
		return "", err
	}
	if len(names) != 1 {
		return "", fmt.Errorf("%w: an object of this type lives in one namespace, and %q lists %d", eso.ErrMalformed, l.path("namespaces"), len(names))
	}
	return names[0], nil
}

// namespaces returns the list of namespaces of an object, nil if it has none.
func (l *Line) namespaces() ([]string, error) {
	raw, ok := l.get("namespaces")
	if !ok {
		return nil, nil
	}
	names := []string{}
	if err := jsonv2.Unmarshal([]byte(raw), &names); err != nil || raw == "null" { // strict, as identity is
		return nil, fmt.Errorf("%w: %q is not a list of strings of valid UTF-8", eso.ErrMalformed, l.path("namespaces"))
	}
	return names, nil
}

// inNoNamespace refuses a new object that is said to live in a namespace, of a
// type whose objects live in none.
func (l *Line) inNoNamespace() error {
	name, err := l.text("namespace")
	if err != nil {
		return err
	}
	names, err := l.namespaces()
	if err != nil {
		return err
	}
	for _, n := range append(names, name) {
		if n != "" && n != "default" && n != "*" {
			return fmt.Errorf("%w: objects of this type live in no namespace", eso.ErrID)
		}
	}
	return nil
}

// attributes returns the attributes, which are an object.
func (l *Line) attributes() ([]byte, error) {
	name := l.attributesName()
	raw, ok := l.get(name)
	if !ok {
		return nil, fmt.Errorf("%w: %s is missing", eso.ErrMalformed, l.quoted(name))
	}
	if !strings.HasPrefix(raw, "{") {
		return nil, fmt.Errorf("%w: %s is not an object", eso.ErrMalformed, l.quoted(name))
	}
	return []byte(raw), nil
}

// model returns the number of the object's model: N of "10.N.0". Objects
// without that stamp, and those with a version of before, are of model 1.
func (l *Line) model() (int, error) {
	name := stampName
	stamp, err := l.text(name)
	if err == nil && stamp == "" {
		name = oldStampName
		stamp, err = l.oldStamp()
	}
	if err != nil || stamp == "" {
		return 1, err
	}
	model, err := kibanaindex.Model(stamp)
	switch {
	case errors.Is(err, eso.ErrModel):
		return 0, fmt.Errorf("%w: %q is the version of no model", eso.ErrModel, l.path(name))
	case err != nil:
		return 0, fmt.Errorf("%w: %q is not a version", eso.ErrMalformed, l.path(name))
	}
	return model, nil
}

// oldStamp returns the version of the object's type, as Kibana stored it before
// 8.8, and as its API still shows it. It is "" if there is none.
func (l *Line) oldStamp() (string, error) {
	raw, ok := l.get(oldStampName)
	if !ok || raw == "null" {
		return "", nil
	}
	malformed := fmt.Errorf("%w: %q is not an object of versions", eso.ErrMalformed, l.path(oldStampName))
	versions, err := parseObject([]byte(raw))
	if err != nil {
		return "", malformed
	}
	typeName, err := l.text("type")
	if err != nil {
		return "", err
	}
	version, ok := versions.get(typeName)
	if !ok {
		return "", nil
	}
	if !strings.HasPrefix(version, `"`) {
		return "", malformed
	}
	return identity(l.path(oldStampName), version)
}

const (
	stampName    = "typeMigrationVersion" // the member that holds the model
	oldStampName = "migrationVersion"     // {type: version}
)

// path returns the name of a member for a message.
func (l *Line) path(name string) string {
	if l.hit != nil {
		return sourceName + "." + name
	}
	return name
}

// quoted returns the path of a member in quotes, clipped: the name may come with
// the object.
func (l *Line) quoted(name string) string { return fmt.Sprintf("%.200q", l.path(name)) }
