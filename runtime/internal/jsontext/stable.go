package jsontext

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Stable JSON text is what the npm package safe-stable-stringify (2.x, default
// options) prints for JSON.parse of a text: members sorted by UTF-16 code unit
// at every depth, no white space, numbers and strings as JavaScript prints
// them. It is the AAD of the kibana format, so a byte of difference makes an
// object unreadable for the other side.
//
// It is computed from the stored text, in one pass, and never from Go values:
// these could not tell what a release does not know about an object.

// AppendStable appends to dst the stable JSON text of raw, one JSON value, and
// returns the extended slice.
//
// The caller has validated raw: syntax, UTF-8, no duplicate keys, a bounded
// depth. Of any other text it makes something harmless that never panics. A
// number beyond the range of a double prints as null, as it does in
// JavaScript; see beyondDouble.
func AppendStable(dst []byte, raw string) []byte {
	p := StablePrinter{Out: dst}
	p.Print(raw)
	return p.Out
}

// StablePrinter writes stable JSON text. The members of the objects that are
// open stay in one stack, so that printing costs few allocations, however
// deep the text.
type StablePrinter struct {
	text string // what is being read
	at   int    // how far it was read
	Out  []byte

	members []stableMember
	scratch []byte // the members of one object, while they are put in order
}

// stableMember is where a printed member `"name":value` stands in the output.
type stableMember struct {
	start, colon, end int
}

// Print appends the stable text of one JSON value.
func (p *StablePrinter) Print(raw string) {
	p.text, p.at = raw, 0
	p.value()
}

func (p *StablePrinter) value() {
	switch p.peek() {
	case '{':
		p.object()
	case '[':
		p.list()
	case '"':
		p.Out = appendStableToken(p.Out, p.stringToken())
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		p.Out = appendNumber(p.Out, p.wordToken())
	default: // true, false, null
		p.Out = append(p.Out, p.wordToken()...)
	}
}

func (p *StablePrinter) object() {
	p.at++ // the brace
	first := p.BeginObject()
	for p.peek() == '"' {
		start := p.BeginMember(first)
		p.Out = appendStableToken(p.Out, p.stringToken())
		if p.peek() == ':' {
			p.at++
		}
		colon := p.EndName()
		p.value()
		p.EndMember(start, colon)
		if p.peek() == ',' {
			p.at++
		}
	}
	p.at++ // the closing brace
	p.EndObject(first, CompareUTF16)
}

func (p *StablePrinter) list() {
	p.at++ // the bracket
	p.Out = append(p.Out, '[')
	for p.peek() != ']' && p.at < len(p.text) {
		p.value()
		if p.peek() != ',' {
			break
		}
		p.at++
		p.Out = append(p.Out, ',')
	}
	p.at++ // the closing bracket
	p.Out = append(p.Out, ']')
}

// BeginObject opens an object. The result is for BeginMember and EndObject.
func (p *StablePrinter) BeginObject() (first int) {
	p.Out = append(p.Out, '{')
	return len(p.members)
}

// BeginMember begins a member of the object; its name is printed next.
func (p *StablePrinter) BeginMember(first int) (start int) {
	if len(p.members) > first {
		p.Out = append(p.Out, ',')
	}
	return len(p.Out)
}

// EndName ends the name of a member; its value is printed next.
func (p *StablePrinter) EndName() (colon int) {
	p.Out = append(p.Out, ':')
	return len(p.Out) - 1
}

// EndMember ends a member, which began at start and has its colon at colon.
func (p *StablePrinter) EndMember(start, colon int) {
	p.members = append(p.members, stableMember{start, colon, len(p.Out)})
}

// EndObject closes the object, and puts its members in the order of their
// names, which stand as in JSON text, escaped and without quotes.
func (p *StablePrinter) EndObject(first int, compareNames func(a, b []byte) int) {
	members := p.members[first:]
	compare := func(a, b stableMember) int {
		return compareNames(p.Out[a.start+1:a.colon-1], p.Out[b.start+1:b.colon-1])
	}
	if !slices.IsSortedFunc(members, compare) {
		begin := members[0].start
		slices.SortFunc(members, compare)
		p.rearrange(members, begin)
	}
	p.members = p.members[:first]
	p.Out = append(p.Out, '}')
}

// rearrange prints the members of the innermost object again, in the order
// given. They were the last thing printed, from begin on.
func (p *StablePrinter) rearrange(members []stableMember, begin int) {
	p.scratch = append(p.scratch[:0], p.Out[begin:]...)
	p.Out = p.Out[:begin]
	for i, m := range members {
		if i > 0 {
			p.Out = append(p.Out, ',')
		}
		p.Out = append(p.Out, p.scratch[m.start-begin:m.end-begin]...)
	}
}

// peek skips white space and returns the byte after it, or 0 at the end.
func (p *StablePrinter) peek() byte {
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// stringToken reads a string, and returns what stands between its quotes.
func (p *StablePrinter) stringToken() string {
	begin := p.at + 1
	p.at = endOfString(p.text, p.at)
	return p.text[begin:max(begin, p.at-1)]
}

// wordToken reads a number or a literal.
func (p *StablePrinter) wordToken() string {
	begin := p.at
	p.at = endOfWord(p.text, p.at)
	return p.text[begin:p.at]
}

// endOfString returns where the string ends whose quote is at text[at]:
// behind its closing quote.
func endOfString(text string, at int) int {
	for at++; at < len(text); at++ {
		switch text[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(text)
}

// endOfWord returns where the number or literal ends that begins at text[at].
func endOfWord(text string, at int) int {
	for ; at < len(text); at++ {
		switch text[at] {
		case ',', ']', '}', ':', '"', '[', '{', ' ', '\t', '\n', '\r':
			return at
		}
	}
	return at
}

// appendStableToken appends, in quotes, the string that stands in a JSON text
// as token, escaped as JavaScript's JSON.stringify escapes it.
func appendStableToken(dst []byte, token string) []byte {
	dst = append(dst, '"')
	for {
		escape := strings.IndexByte(token, '\\')
		if escape < 0 {
			return append(append(dst, token...), '"')
		}
		dst = append(dst, token[:escape]...)
		var r rune
		r, token = unescape(token[escape:])
		dst = appendEscaped(dst, r)
	}
}

// AppendStableString appends, in quotes, a Go string. Bytes that are not UTF-8
// are kept as they are: no JavaScript program prints such a text, and replacing
// them would give two ids one AAD.
func AppendStableString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		if c := s[i]; c < utf8.RuneSelf {
			dst = appendEscaped(dst, rune(c))
		} else {
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// appendEscaped appends one character of a string: a code point, or a
// lone surrogate.
func appendEscaped(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	if r < ' ' || utf16.IsSurrogate(r) {
		const hex = "0123456789abcdef"
		return append(dst, '\\', 'u', hex[r>>12&0xf], hex[r>>8&0xf], hex[r>>4&0xf], hex[r&0xf])
	}
	return utf8.AppendRune(dst, r)
}

// unescape reads the escape sequence at the start of token, a pair of escaped
// surrogates as one, and returns the character and what follows. The character
// may be a lone surrogate.
func unescape[text string | []byte](token text) (rune, text) {
	if len(token) < 2 {
		return utf8.RuneError, token[len(token):]
	}
	switch c := token[1]; c {
	case 'b':
		return '\b', token[2:]
	case 'f':
		return '\f', token[2:]
	case 'n':
		return '\n', token[2:]
	case 'r':
		return '\r', token[2:]
	case 't':
		return '\t', token[2:]
	case 'u':
		unit, ok := escapedUnit(token)
		if !ok {
			return utf8.RuneError, token[2:]
		}
		token = token[6:]
		if low, ok := escapedUnit(token); ok {
			if r := utf16.DecodeRune(unit, low); r != utf8.RuneError {
				return r, token[6:]
			}
		}
		return unit, token
	default: // the quote, the backslash, the slash
		return rune(c), token[2:]
	}
}

// escapedUnit returns the UTF-16 code unit of the escape, \u and four hex
// digits, at the start of token.
func escapedUnit[text string | []byte](token text) (rune, bool) {
	if len(token) < 6 || token[0] != '\\' || token[1] != 'u' {
		return 0, false
	}
	var unit rune
	for i := 2; i < 6; i++ {
		switch c := token[i]; {
		case '0' <= c && c <= '9':
			unit = unit<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			unit = unit<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			unit = unit<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return unit, true
}

// CompareUTF16 compares two names as JavaScript does, by UTF-16 code unit.
// Both stand as in JSON text, escaped and without quotes. Bytes of UTF-8 would
// order the characters above U+FFFF behind those from U+E000 to U+FFFF;
// JavaScript orders them before.
func CompareUTF16(a, b []byte) int {
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] && a[same] < utf8.RuneSelf && a[same] != '\\' {
		same++
	}
	as, bs := utf16Units{rest: a[same:]}, utf16Units{rest: b[same:]}
	for {
		x, y := as.next(), bs.next()
		if x != y || x < 0 {
			return cmp.Compare(x, y)
		}
	}
}

// utf16Units gives the UTF-16 code units of a string, one by one.
type utf16Units struct {
	rest []byte
	low  rune // the second half of a pair whose first half was given
}

// next returns the next code unit, or -1 at the end.
func (u *utf16Units) next() (r rune) {
	if low := u.low; low != 0 {
		u.low = 0
		return low
	}
	switch {
	case len(u.rest) == 0:
		return -1
	case u.rest[0] == '\\':
		r, u.rest = unescape(u.rest)
	default:
		var size int
		r, size = utf8.DecodeRune(u.rest)
		u.rest = u.rest[size:]
	}
	if r < 0x10000 {
		return r
	}
	high, low := utf16.EncodeRune(r)
	u.low = low
	return high
}
