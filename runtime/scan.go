package eso

import (
	"slices"

	"github.com/esogen/esogen/runtime/internal/fault"
)

// scanner walks once over one JSON text (RFC 8259) and refuses what is not
// valid: bad syntax, bad UTF-8, a name that comes twice in one object, too deep
// nesting. The first failure stays, and empties the text, so that every loop
// over it ends.
type scanner struct {
	text  string
	pos   int
	depth int
	names []string // seen in the objects that are being read

	limited bool // to that many values
	left    int

	attribute string // whose value the text is; "" for the text of all attributes
	secret    bool   // a secret is being read: errors do not tell names and places within it
	fault     *fault.Error
}

// fail records that the value, or the name, that begins at offset is wrong.
func (s *scanner) fail(offset int, reason string) {
	s.failAs(offset, reason, ErrMalformed)
}

func (s *scanner) failAs(offset int, reason string, kind error) {
	if s.fault != nil {
		return
	}
	steps := stepsTo(s.text, min(offset, len(s.text)))
	if s.secret && s.attribute == "" {
		steps = steps[:min(1, len(steps))]
	} else if s.secret {
		steps = nil
	}
	s.fault = fault.At(s.attribute, steps, reason, kind)
	s.text, s.pos = "", 0
}

func (s *scanner) broken() { s.fail(s.pos, "not valid JSON") }

// twice records that the name of the value at the position was there before.
func (s *scanner) twice() { s.fail(s.pos, "a duplicate name") }

// space passes white space.
func (s *scanner) space() {
	for s.pos < len(s.text) && isSpace(s.text[s.pos]) {
		s.pos++
	}
}

func isSpace(c byte) bool { return c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t') }

// next returns the byte at the position, 0 at the end.
func (s *scanner) next() byte {
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

// end checks that nothing but white space follows.
func (s *scanner) end() {
	if s.space(); s.pos < len(s.text) {
		s.fail(s.pos, "not valid JSON: something follows the value")
	}
}

// enter goes one object or list deeper.
func (s *scanner) enter() bool {
	if s.depth >= MaxDepth {
		s.failAs(s.pos, "nested too deep", ErrTooLarge)
		return false
	}
	s.depth++
	s.pos++
	return true
}

// value passes one value, which begins at the position.
func (s *scanner) value() {
	if s.limited {
		if s.left--; s.left < 0 {
			s.failAs(s.pos, fault.TooMany(MaxValues, "values"), ErrTooLarge)
			return
		}
	}
	switch c := s.next(); {
	case c == '"':
		s.stringToken()
	case c == '{':
		s.object()
	case c == '[':
		s.list()
	case c == '-' || '0' <= c && c <= '9':
		s.numberToken()
	case c == 't':
		s.word("true")
	case c == 'f':
		s.word("false")
	case c == 'n':
		s.word("null")
	default:
		s.broken()
	}
}

// word passes a literal, or fails.
func (s *scanner) word(word string) bool {
	if end := s.pos + len(word); end <= len(s.text) && s.text[s.pos:end] == word {
		s.pos = end
		return true
	}
	s.broken()
	return false
}

// stringToken passes a string, whose opening quote stands at the position, and
// returns its content.
func (s *scanner) stringToken() (content string, escaped bool) {
	begin := s.pos + 1
	end, escaped := endOfContent(s.text, begin)
	if end < 0 {
		s.fail(s.pos, "not valid JSON: a string with a control character, an unknown escape or broken UTF-8, or without an end")
		return "", false
	}
	s.pos = end + 1
	return s.text[begin:end], escaped
}

// key passes a name and its colon, and returns the name as it stands, quotes
// included, and decoded.
func (s *scanner) key() (key, name string) {
	if s.next() != '"' {
		s.broken()
		return "", ""
	}
	begin := s.pos
	name, escaped := s.stringToken()
	if s.fault != nil {
		return "", ""
	}
	key = s.text[begin:s.pos]
	if escaped {
		name = nameOf(key)
	}
	if s.space(); s.next() != ':' {
		s.broken()
		return "", ""
	}
	s.pos++
	s.space()
	return key, name
}

// numberToken passes a number and returns it as it stands.
func (s *scanner) numberToken() string {
	end := endOfNumber(s.text, s.pos)
	if end < 0 {
		s.broken()
		return ""
	}
	token := s.text[s.pos:end]
	s.pos = end
	return token
}

func (s *scanner) list() {
	if !s.enter() {
		return
	}
	if s.space(); s.next() == ']' {
		s.pos++
		s.depth--
		return
	}
	for {
		s.value()
		s.space()
		switch s.next() {
		case ',':
			s.pos++
			s.space()
		case ']':
			s.pos++
			s.depth--
			return
		default:
			s.broken()
			return
		}
	}
}

func (s *scanner) object() {
	first := len(s.names)
	s.eachMember(func(_, name string) {
		s.add(first, name)
		s.value()
	})
	s.forget(first)
}

// eachMember passes an object. For each member it calls value, which passes
// the member's value.
func (s *scanner) eachMember(value func(key, name string)) {
	if !s.enter() {
		return
	}
	if s.space(); s.next() == '}' {
		s.pos++
		s.depth--
		return
	}
	for {
		key, name := s.key()
		if s.fault != nil {
			return
		}
		value(key, name)
		s.space()
		switch s.next() {
		case ',':
			s.pos++
			s.space()
		case '}':
			s.pos++
			s.depth--
			return
		default:
			s.broken()
			return
		}
	}
}

// few is up to how many names a duplicate is looked for one by one. The names
// of larger objects are sorted, once, so that a hostile one costs no more than
// that.
const few = 64

// add remembers a name of the object whose names begin at first. Its value
// begins at the position.
func (s *scanner) add(first int, name string) {
	if known := s.names[first:]; len(known) < few && slices.Contains(known, name) {
		s.twice()
		return
	}
	s.names = append(s.names, name)
}

// forget ends the object whose names begin at first.
func (s *scanner) forget(first int) {
	names := s.names[first:]
	if len(names) > few {
		slices.Sort(names)
		if len(slices.Compact(names)) < len(names) {
			s.fail(max(s.pos-1, 0), "a duplicate name")
		}
	}
	s.names = s.names[:first]
}
