// Package jsonl works on objects in files and pipes: one JSON object a line, as
// Kibana's API shows a saved object. It seals, opens, strips and rotates them by
// definitions that come from specs, through the runtime, as generated code does.
package jsonl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/esogen/esogen/internal/phrase"
	eso "github.com/esogen/esogen/runtime"
)

// Line is an object of one line: its members in order, each with the text that
// it had.
type Line struct {
	members []member
}

type member struct {
	name  string
	key   string // the name verbatim, with its quotes
	value string // JSON text
}

// errNoObject means that a line holds no JSON object at all.
var errNoObject = errors.New("the line holds no JSON object")

// ParseLine parses a line. It refuses anything but a JSON object, and two members
// of one name. It keeps texts verbatim, and unknown members.
func ParseLine(text []byte) (*Line, error) {
	// The runtime checks the values of members; unknown ones may hold anything:
	// JavaScript writes lone surrogates.
	decoder := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	if decoder.PeekKind() != '{' {
		return nil, errNoObject
	}
	var l Line
	if _, err := decoder.ReadToken(); err != nil {
		return nil, syntax(err)
	}
	for decoder.PeekKind() == '"' {
		key, err := decoder.ReadValue()
		if err != nil {
			return nil, syntax(err)
		}
		m := member{key: string(key)}
		if err := json.Unmarshal(key, &m.name); err != nil {
			return nil, syntax(err)
		}
		if _, taken := l.get(m.name); taken {
			return nil, fmt.Errorf("%w: a duplicate name at byte %d", errNoObject, decoder.InputOffset())
		}
		value, err := decoder.ReadValue()
		if err != nil {
			return nil, syntax(err)
		}
		m.value = string(value)
		l.members = append(l.members, m)
	}
	if _, err := decoder.ReadToken(); err != nil {
		return nil, syntax(err)
	}
	if len(bytes.TrimSpace(text[decoder.InputOffset():])) > 0 {
		return nil, fmt.Errorf("%w: more than one JSON value", errNoObject)
	}
	return &l, nil
}

// syntax reports an error of JSON without the text around it, which
// may hold a secret.
func syntax(err error) error {
	var at *jsontext.SyntacticError
	if errors.As(err, &at) {
		return fmt.Errorf("%w: not JSON at byte %d", errNoObject, at.ByteOffset+1)
	}
	return fmt.Errorf("%w: not JSON", errNoObject)
}

// Bytes returns the line, without an end of line.
func (l *Line) Bytes() []byte {
	out := []byte{'{'}
	for i, m := range l.members {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, m.key...)
		out = append(out, ':')
		out = append(out, m.value...)
	}
	return append(out, '}')
}

// get returns the text of a member.
func (l *Line) get(name string) (string, bool) {
	for _, m := range l.members {
		if m.name == name {
			return m.value, true
		}
	}
	return "", false
}

// set replaces a member in its place, or puts it before another, or last.
func (l *Line) set(name, value, before string) {
	place := len(l.members)
	for i, m := range l.members {
		switch m.name {
		case name:
			l.members[i].value = value
			return
		case before:
			place = i
		}
	}
	added := member{name: name, key: phrase.JSON(name), value: value}
	l.members = append(l.members[:place:place], append([]member{added}, l.members[place:]...)...)
}

// remove takes a member out, if it is there.
func (l *Line) remove(name string) {
	l.members = slices.DeleteFunc(l.members, func(m member) bool { return m.name == name })
}

// text returns a member that must be a string. A missing one is "".
func (l *Line) text(name string) (string, error) {
	raw, ok := l.get(name)
	if !ok {
		return "", nil
	}
	if !strings.HasPrefix(raw, `"`) {
		return "", fmt.Errorf("%w: %q is not a string", eso.ErrMalformed, name)
	}
	return identity(name, raw)
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
	if _, ok := l.get("namespace"); ok {
		return l.text("namespace")
	}
	names, err := l.namespaces()
	if err != nil || names == nil {
		return "", err
	}
	if len(names) != 1 {
		return "", fmt.Errorf("%w: an object of this type lives in one namespace, and \"namespaces\" lists %d", eso.ErrMalformed, len(names))
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
		return nil, fmt.Errorf("%w: \"namespaces\" is not a list of strings of valid UTF-8", eso.ErrMalformed)
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
	raw, ok := l.get("attributes")
	if !ok {
		return nil, fmt.Errorf("%w: \"attributes\" is missing", eso.ErrMalformed)
	}
	if !strings.HasPrefix(raw, "{") {
		return nil, fmt.Errorf("%w: \"attributes\" is not an object", eso.ErrMalformed)
	}
	return []byte(raw), nil
}

// model returns the number of the object's model: N of "10.N.0". Objects
// without that stamp, and those with a version of before, are of model 1.
func (l *Line) model() (int, error) {
	stamp, err := l.text(stampName)
	if err != nil || stamp == "" {
		return 1, err
	}
	var numbers [3]int
	parts := strings.Split(stamp, ".")
	if len(parts) != 3 {
		return 0, fmt.Errorf("%w: %q is not a version", eso.ErrMalformed, stampName)
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 31)
		if err != nil || (len(part) > 1 && part[0] == '0') {
			return 0, fmt.Errorf("%w: %q is not a version", eso.ErrMalformed, stampName)
		}
		numbers[i] = int(n)
	}
	switch major, minor, patch := numbers[0], numbers[1], numbers[2]; {
	case major < 10, major == 10 && minor == 0:
		return 1, nil
	case major > 10, patch != 0:
		return 0, fmt.Errorf("%w: %q is the version of no model", eso.ErrModel, stampName)
	default:
		return minor, nil
	}
}

// stampName is the member that holds the model.
const stampName = "typeMigrationVersion"

func stamp(model int) string { return fmt.Sprintf(`"10.%d.0"`, model) }
