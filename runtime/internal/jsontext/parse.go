package jsontext

import "github.com/esogen/esogen/runtime/internal/fault"

// Object takes a JSON object apart: it calls add with each member, in
// stored order, with the key as it is stored, quotes included, the name that it
// spells, and the text of the value. It validates all of the text, once: syntax,
// UTF-8, duplicate names at every depth, depth and size. What add is given are
// sub-strings of text, and count only if there is no error. The error, a
// [*fault.Error], wraps ErrMalformed or ErrTooLarge.
func Object(text string, add func(key, name, raw string)) error {
	if len(text) > fault.MaxSize {
		return fault.TooLarge()
	}
	s := Scanner{Text: text, Names: make([]string, 0, 16), limited: true, left: fault.MaxValues}
	if s.Space(); s.Next() != '{' {
		s.Fail(s.Pos, "want an object, found "+KindOf(s.Text[s.Pos:]))
		return s.Fault
	}
	count := 0
	s.eachMember(func(key, name string) {
		if count == fault.MaxAttributes {
			s.failAs(s.Pos, fault.TooMany(fault.MaxAttributes, "attributes"), fault.ErrTooLarge)
			return
		}
		count++
		s.Add(0, name)
		begin := s.Pos
		if s.Value(); s.Fault == nil {
			add(key, name, s.Text[begin:s.Pos])
		}
	})
	s.Forget(0)
	if s.End(); s.Fault != nil {
		return s.Fault
	}
	return nil
}

// Value validates the text of one value of an attribute, by the rules of
// Object, and returns it without white space around it. As the value may
// be that of a secret, the error, a *fault.Error, does not say where in it
// something is wrong.
func Value(text string) (raw string, err error) {
	if len(text) > fault.MaxSize {
		return "", fault.TooLarge()
	}
	return ValueWithin(text, 1)
}

// ValueWithin is Value of a value within that many objects and lists.
func ValueWithin(text string, depth int) (raw string, err error) {
	s := Scanner{Text: text, Secret: true, Depth: depth, limited: true, left: fault.MaxValues}
	s.Space()
	begin := s.Pos
	s.Value()
	end := s.Pos
	if s.End(); s.Fault != nil {
		s.Fault.Attribute = ""
		return "", s.Fault
	}
	return text[begin:end], nil
}

// Counter counts the values in several texts, up to MaxValues.
type Counter struct{ in Scanner }

// NewCounter returns a counter that has counted nothing.
func NewCounter() *Counter {
	return &Counter{Scanner{limited: true, left: fault.MaxValues, Secret: true}}
}

// Count takes in the text of one value. The error does not say where in it
// something is wrong.
func (c *Counter) Count(raw string) error {
	c.in.Text, c.in.Pos = raw, 0
	if c.in.Value(); c.in.Fault != nil {
		return c.in.Fault.Err
	}
	return nil
}

// AppendMember appends a member to an object that is being written. The key
// counts only if it spells the name; it may be "".
func AppendMember(dst []byte, key, name, raw string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	if key != "" && NameOf(key) == name {
		dst = append(dst, key...)
	} else {
		dst, _ = AppendKey(dst, name) // names come from JSON texts or definitions
	}
	dst = append(dst, ':')
	return append(dst, raw...)
}
