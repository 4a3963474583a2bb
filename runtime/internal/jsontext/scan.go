// Package jsontext is the runtime's engine for JSON texts. It validates untrusted
// text in one pass ([Scanner], [Object], [Value]), walks over text that was
// validated ([NextMember], [NextItem]), reads and writes scalars exactly, and
// prints the two texts that secrets are bound to: stable text, as JavaScript
// prints JSON ([AppendStable]), and canonical text, the same for all spellings of
// a value ([AppendCanonical]).
//
// It works on text, never on Go values, so that what a release does not know of a
// document stays as it is. It knows nothing of secrets, models and keys.
package jsontext

import (
	"slices"

	"github.com/esogen/esogen/runtime/internal/fault"
)

// Scanner walks once over one JSON text (RFC 8259) and refuses what is not
// valid: bad syntax, bad UTF-8, a name that comes twice in one object, too deep
// nesting. The first failure stays, and empties the text, so that every loop
// over it ends.
type Scanner struct {
	Text  string
	Pos   int
	Depth int
	Names []string // seen in the objects that are being read

	limited bool // to that many values
	left    int

	Attribute string // whose value the text is; "" for the text of all attributes
	Secret    bool   // a secret is being read: errors do not tell names and places within it
	Fault     *fault.Error
}

// Fail records that the value, or the name, that begins at offset is wrong.
func (s *Scanner) Fail(offset int, reason string) {
	s.failAs(offset, reason, fault.ErrMalformed)
}

func (s *Scanner) failAs(offset int, reason string, kind error) {
	if s.Fault != nil {
		return
	}
	steps := StepsTo(s.Text, min(offset, len(s.Text)))
	if s.Secret && s.Attribute == "" {
		steps = steps[:min(1, len(steps))]
	} else if s.Secret {
		steps = nil
	}
	s.Fault = fault.At(s.Attribute, steps, reason, kind)
	s.Text, s.Pos = "", 0
}

// Broken records that the text is not valid at the position.
func (s *Scanner) Broken() { s.Fail(s.Pos, "not valid JSON") }

// Twice records that the name of the value at the position was there before.
func (s *Scanner) Twice() { s.Fail(s.Pos, "a duplicate name") }

// Space passes white space.
func (s *Scanner) Space() {
	for s.Pos < len(s.Text) && isSpace(s.Text[s.Pos]) {
		s.Pos++
	}
}

func isSpace(c byte) bool { return c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t') }

// Next returns the byte at the position, 0 at the end.
func (s *Scanner) Next() byte {
	if s.Pos < len(s.Text) {
		return s.Text[s.Pos]
	}
	return 0
}

// End checks that nothing but white space follows.
func (s *Scanner) End() {
	if s.Space(); s.Pos < len(s.Text) {
		s.Fail(s.Pos, "not valid JSON: something follows the value")
	}
}

// Enter goes one object or list deeper.
func (s *Scanner) Enter() bool {
	if s.Depth >= fault.MaxDepth {
		s.failAs(s.Pos, "nested too deep", fault.ErrTooLarge)
		return false
	}
	s.Depth++
	s.Pos++
	return true
}

// Value passes one value, which begins at the position.
func (s *Scanner) Value() {
	if s.limited {
		if s.left--; s.left < 0 {
			s.failAs(s.Pos, fault.TooMany(fault.MaxValues, "values"), fault.ErrTooLarge)
			return
		}
	}
	switch c := s.Next(); {
	case c == '"':
		s.StringToken()
	case c == '{':
		s.object()
	case c == '[':
		s.list()
	case c == '-' || '0' <= c && c <= '9':
		s.NumberToken()
	case c == 't':
		s.Word("true")
	case c == 'f':
		s.Word("false")
	case c == 'n':
		s.Word("null")
	default:
		s.Broken()
	}
}

// Word passes a literal, or fails.
func (s *Scanner) Word(word string) bool {
	if end := s.Pos + len(word); end <= len(s.Text) && s.Text[s.Pos:end] == word {
		s.Pos = end
		return true
	}
	s.Broken()
	return false
}

// StringToken passes a string, whose opening quote is at the position, and
// returns its content.
func (s *Scanner) StringToken() (content string, escaped bool) {
	begin := s.Pos + 1
	end, escaped := endOfContent(s.Text, begin)
	if end < 0 {
		s.Fail(s.Pos, "not valid JSON: a string with a control character, an unknown escape or broken UTF-8, or without an end")
		return "", false
	}
	s.Pos = end + 1
	return s.Text[begin:end], escaped
}

// Key passes a name and its colon, and returns the name as stored, quotes
// included, and decoded.
func (s *Scanner) Key() (key, name string) {
	if s.Next() != '"' {
		s.Broken()
		return "", ""
	}
	begin := s.Pos
	name, escaped := s.StringToken()
	if s.Fault != nil {
		return "", ""
	}
	key = s.Text[begin:s.Pos]
	if escaped {
		name = NameOf(key)
	}
	if s.Space(); s.Next() != ':' {
		s.Broken()
		return "", ""
	}
	s.Pos++
	s.Space()
	return key, name
}

// NumberToken passes a number and returns its text.
func (s *Scanner) NumberToken() string {
	end := EndOfNumber(s.Text, s.Pos)
	if end < 0 {
		s.Broken()
		return ""
	}
	token := s.Text[s.Pos:end]
	s.Pos = end
	return token
}

func (s *Scanner) list() {
	if !s.Enter() {
		return
	}
	if s.Space(); s.Next() == ']' {
		s.Pos++
		s.Depth--
		return
	}
	for {
		s.Value()
		s.Space()
		switch s.Next() {
		case ',':
			s.Pos++
			s.Space()
		case ']':
			s.Pos++
			s.Depth--
			return
		default:
			s.Broken()
			return
		}
	}
}

func (s *Scanner) object() {
	first := len(s.Names)
	s.eachMember(func(_, name string) {
		s.Add(first, name)
		s.Value()
	})
	s.Forget(first)
}

// eachMember passes an object. For each member it calls value, which passes
// the member's value.
func (s *Scanner) eachMember(value func(key, name string)) {
	if !s.Enter() {
		return
	}
	if s.Space(); s.Next() == '}' {
		s.Pos++
		s.Depth--
		return
	}
	for {
		key, name := s.Key()
		if s.Fault != nil {
			return
		}
		value(key, name)
		s.Space()
		switch s.Next() {
		case ',':
			s.Pos++
			s.Space()
		case '}':
			s.Pos++
			s.Depth--
			return
		default:
			s.Broken()
			return
		}
	}
}

// few is up to how many names a duplicate is looked for one by one. The names
// of larger objects are sorted, once, so that a hostile one costs no more than
// that.
const few = 64

// Add remembers a name of the object whose names begin at first. Its value
// begins at the position.
func (s *Scanner) Add(first int, name string) {
	if known := s.Names[first:]; len(known) < few && slices.Contains(known, name) {
		s.Twice()
		return
	}
	s.Names = append(s.Names, name)
}

// Forget ends the object whose names begin at first.
func (s *Scanner) Forget(first int) {
	names := s.Names[first:]
	if len(names) > few {
		slices.Sort(names)
		if len(slices.Compact(names)) < len(names) {
			s.Fail(max(s.Pos-1, 0), "a duplicate name")
		}
	}
	s.Names = s.Names[:first]
}
