package jsonl

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/esogen/esogen/internal/phrase"
	eso "github.com/esogen/esogen/runtime"
)

// object is a JSON object: its members in order, each with the text that it had.
type object struct {
	members []member
}

type member struct {
	name  string
	key   string // the name verbatim, with its quotes
	value string // JSON text
}

// errNoObject means that a line holds no JSON object at all.
var errNoObject = errors.New("the line holds no JSON object")

// parseObject refuses anything but a JSON object, two members of one name, and more
// members than attributes may have. It keeps texts verbatim, and unknown members.
func parseObject(text []byte) (*object, error) {
	// The runtime checks the values of members; unknown ones may hold anything:
	// JavaScript writes lone surrogates.
	decoder := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	if decoder.PeekKind() != '{' {
		return nil, errNoObject
	}
	var o object
	seen := map[string]bool{}
	if _, err := decoder.ReadToken(); err != nil {
		return nil, syntax(err)
	}
	for decoder.PeekKind() == '"' {
		key, err := decoder.ReadValue()
		if err != nil {
			return nil, syntax(err)
		}
		if len(o.members) == eso.MaxAttributes {
			return nil, fmt.Errorf("%w: an object has at most %d members", eso.ErrTooLarge, eso.MaxAttributes)
		}
		m := member{key: string(key), name: nameOf(key)}
		if seen[m.name] {
			return nil, fmt.Errorf("%w: a duplicate name at byte %d", errNoObject, decoder.InputOffset())
		}
		seen[m.name] = true
		value, err := decoder.ReadValue()
		if err != nil {
			return nil, syntax(err)
		}
		m.value = string(value)
		o.members = append(o.members, m)
	}
	if _, err := decoder.ReadToken(); err != nil {
		return nil, syntax(err)
	}
	if len(bytes.TrimSpace(text[decoder.InputOffset():])) > 0 {
		return nil, fmt.Errorf("%w: more than one JSON value", errNoObject)
	}
	return &o, nil
}

// nameOf returns the name that a key spells, with U+FFFD for what is not UTF-8.
func nameOf(key jsontext.Value) string {
	name, _ := jsontext.AppendUnquote(nil, key) // whose error is that of invalid UTF-8
	return string(name)
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

// Bytes returns the text of the object.
func (o *object) Bytes() []byte {
	out := []byte{'{'}
	for i, m := range o.members {
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
func (o *object) get(name string) (string, bool) {
	for _, m := range o.members {
		if m.name == name {
			return m.value, true
		}
	}
	return "", false
}

// set replaces a member in its place, or puts it before another, or last.
func (o *object) set(name, value, before string) {
	place := len(o.members)
	for i, m := range o.members {
		switch m.name {
		case name:
			o.members[i].value = value
			return
		case before:
			place = i
		}
	}
	added := member{name: name, key: phrase.JSON(name), value: value}
	o.members = append(o.members[:place:place], append([]member{added}, o.members[place:]...)...)
}

// remove takes a member out, if it is there.
func (o *object) remove(name string) {
	o.members = slices.DeleteFunc(o.members, func(m member) bool { return m.name == name })
}
