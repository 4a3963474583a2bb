package eso

import (
	"github.com/esogen/esogen/runtime/internal/fault"
)

// member is one attribute of a document, taken apart no further.
type member struct {
	name string // decoded
	raw  string // the text of the value, exactly as stored

	sealed bool // a secret that a seal of the native format takes in
	hidden bool // a secret that is not shown: reading it gives a stripped one
	secret bool // an opened secret: it is shown to those who ask for a secret

	// key is the name as stored, quotes included, and "" for a member that was
	// added. It counts only as long as it spells name.
	key string
}

// members is the attributes of a document, in stored order.
type members []member

// parseMembers takes a JSON object apart. It validates all of it, once: syntax,
// UTF-8, duplicate names at every depth, depth and size. The members are
// sub-strings of text. The error is an *Error that wraps ErrMalformed or
// ErrTooLarge.
func parseMembers(text string) (members, error) {
	if len(text) > MaxSize {
		return nil, fault.TooLarge()
	}
	s := scanner{text: text, names: make([]string, 0, 16), limited: true, left: MaxValues}
	if s.space(); s.next() != '{' {
		s.fail(s.pos, "want an object, found "+kindOf(s.text[s.pos:]))
		return nil, s.fault
	}
	ms := make(members, 0, 16)
	s.eachMember(func(key, name string) {
		if len(ms) == MaxAttributes {
			s.failAs(s.pos, fault.TooMany(MaxAttributes, "attributes"), ErrTooLarge)
			return
		}
		s.add(0, name)
		begin := s.pos
		if s.value(); s.fault == nil {
			ms = append(ms, member{name: name, raw: s.text[begin:s.pos], key: key})
		}
	})
	s.forget(0)
	if s.end(); s.fault != nil {
		return nil, s.fault
	}
	return ms, nil
}

// parseAttributes is parseMembers of attributes as a caller holds them. They are
// not copied where they are too large.
func parseAttributes(attributes []byte) (members, error) {
	if len(attributes) > MaxSize {
		return nil, fault.TooLarge()
	}
	return parseMembers(string(attributes))
}

// parseValue validates the text of one value of an attribute, by the rules of
// parseMembers, and returns it without white space around it. As the value may
// be that of a secret, the error, an *Error, does not say where in it something
// is wrong.
func parseValue(text string) (raw string, err error) {
	if len(text) > MaxSize {
		return "", fault.TooLarge()
	}
	return validValue(text, 1)
}

func validValue(text string, depth int) (raw string, err error) {
	s := scanner{text: text, secret: true, depth: depth, limited: true, left: MaxValues}
	s.space()
	begin := s.pos
	s.value()
	end := s.pos
	if s.end(); s.fault != nil {
		s.fault.Attribute = ""
		return "", s.fault
	}
	return text[begin:end], nil
}

// checkLimits checks what is to be written, so that it can be read again: the
// number of attributes, others beside these among them, and of values. Their
// size is known elsewhere.
func (ms members) checkLimits(others int) error {
	if len(ms)+others > MaxAttributes {
		return &Error{Err: &fault.Defect{Reason: fault.TooMany(MaxAttributes, "attributes"), Kind: ErrTooLarge}}
	}
	size := 0
	for i := range ms {
		size += len(ms[i].raw)
	}
	if size < 2*MaxValues { // with what parts them, values have two bytes at least
		return nil
	}
	s := scanner{limited: true, left: MaxValues, secret: true}
	for i := range ms {
		s.text, s.pos = ms[i].raw, 0
		if s.value(); s.fault != nil {
			s.fault.Attribute = ms[i].name
			return s.fault
		}
	}
	return nil
}

// find returns the place of the named member, or -1.
func (ms members) find(name string) int {
	for i := range ms {
		if ms[i].name == name {
			return i
		}
	}
	return -1
}

// finder returns a find that is quick for that many calls: a hostile document
// may have many members, and a hostile seal may list many names.
func (ms members) finder(calls int) func(name string) int {
	if len(ms)*calls < 1<<12 {
		return ms.find
	}
	places := make(map[string]int, len(ms))
	for i := range ms {
		places[ms[i].name] = i
	}
	return func(name string) int {
		if i, ok := places[name]; ok {
			return i
		}
		return -1
	}
}

// appendMembers appends members as a JSON object: names and values as they are
// stored, nothing between them.
func appendMembers(dst []byte, ms members) []byte {
	dst = append(dst, '{')
	for i := range ms {
		dst = ms[i].append(dst)
	}
	return append(dst, '}')
}

// append appends the member to an object that is being written.
func (m *member) append(dst []byte) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	if m.key != "" && nameOf(m.key) == m.name {
		dst = append(dst, m.key...)
	} else {
		dst, _ = appendKey(dst, m.name) // names come from JSON texts or definitions
	}
	dst = append(dst, ':')
	return append(dst, m.raw...)
}
