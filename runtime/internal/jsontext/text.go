package jsontext

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/esogen/esogen/runtime/internal/fault"
)

// Strings of JSON texts. Most bytes of a document stand in strings, so these
// are looked at eight at a time.

const (
	everyByte = 0x0101010101010101
	highBits  = 0x80 * everyByte
)

// load returns the eight bytes at text[i:], the first one lowest.
func load(text string, i int) uint64 {
	b := text[i : i+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// load4 returns the four bytes at text[i:], the first one lowest.
func load4(text string, i int) uint32 {
	b := text[i : i+4]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// special marks the bytes of a word that end a run of plain ones in a string:
// a quote, a backslash, a control character, a byte beyond ASCII. The lowest
// mark is exact; what stands above it may be marked by a borrow.
func special(word uint64) uint64 {
	quote := word ^ '"'*everyByte
	slash := word ^ '\\'*everyByte
	return ((quote - everyByte) | (slash - everyByte) | (word - ' '*everyByte) | word) & highBits
}

// PlainRun returns where the run of plain bytes ends that begins at text[i].
func PlainRun(text string, i int) int {
	for i+8 <= len(text) {
		if marks := special(load(text, i)); marks != 0 {
			return i + bits.TrailingZeros64(marks)>>3
		}
		i += 8
	}
	for i < len(text) && isPlain(text[i]) {
		i++
	}
	return i
}

// CopyPlain copies text to dst, which is no shorter, and reports whether all of
// it may stand in a string as it is. It stops where that is not so.
func CopyPlain(dst []byte, text string) bool {
	if len(text) < 8 {
		return copyShort(dst, text)
	}
	last := len(text) - 8
	i := 0
	for ; i < last-8; i += 16 {
		word, next := load(text, i), load(text, i+8)
		if special(word)|special(next) != 0 {
			return false
		}
		binary.LittleEndian.PutUint64(dst[i:i+8], word)
		binary.LittleEndian.PutUint64(dst[i+8:i+16], next)
	}
	for ; i < last; i += 8 {
		word := load(text, i)
		if special(word) != 0 {
			return false
		}
		binary.LittleEndian.PutUint64(dst[i:i+8], word)
	}
	word := load(text, last) // some of it was copied before
	binary.LittleEndian.PutUint64(dst[last:last+8], word)
	return special(word) == 0
}

func copyShort(dst []byte, text string) bool {
	if len(text) >= 4 {
		// The two halves may overlap.
		last := len(text) - 4
		low, high := load4(text, 0), load4(text, last)
		binary.LittleEndian.PutUint32(dst[:4], low)
		binary.LittleEndian.PutUint32(dst[last:last+4], high)
		return special(uint64(high)<<32|uint64(low)) == 0
	}
	for i := range len(text) {
		if dst[i] = text[i]; !isPlain(dst[i]) {
			return false
		}
	}
	return true
}

func isPlain(c byte) bool { return c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' }

// endOfContent returns where the content of a string ends that begins at
// text[i]: at its closing quote. It reports whether the content holds escapes, and
// refuses, with -1, a string that is not closed, control characters, unknown
// escapes and what is not UTF-8. An escaped surrogate may stand alone, as
// JavaScript allows.
func endOfContent(text string, i int) (end int, escaped bool) {
	for {
		i = PlainRun(text, i)
		if i >= len(text) {
			return -1, escaped
		}
		switch c := text[i]; {
		case c == '"':
			return i, escaped
		case c == '\\':
			escaped = true
			size := escapeSize(text[i:])
			if size == 0 {
				return -1, true
			}
			i += size
		case c < ' ':
			return -1, escaped
		default:
			r, size := utf8.DecodeRuneInString(text[i:])
			if r == utf8.RuneError && size <= 1 {
				return -1, escaped
			}
			i += size
		}
	}
}

// escapeSize returns the length of the escape sequence at the start of text, 0
// where it is none.
func escapeSize(text string) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := escapedUnit(text); ok {
			return 6
		}
	}
	return 0
}

// DecodeContent returns the string that valid content stands for. A surrogate
// that stands alone becomes U+FFFD: no Go string holds one.
func DecodeContent(content string) string {
	var b strings.Builder
	b.Grow(len(content))
	for {
		run := strings.IndexByte(content, '\\')
		if run < 0 {
			b.WriteString(content)
			return b.String()
		}
		b.WriteString(content[:run])
		var r rune
		r, content = unescape(content[run:])
		b.WriteRune(r)
	}
}

// NameOf returns the name that a valid key, quotes included, stands for. No two
// names are decoded to one, so a lone surrogate gives the three
// bytes that UTF-8 would give it if it allowed them.
func NameOf(key string) string {
	content := key[1 : len(key)-1]
	if strings.IndexByte(content, '\\') < 0 {
		return content
	}
	var name []byte
	for len(content) > 0 {
		if content[0] != '\\' {
			name = append(name, content[0])
			content = content[1:]
			continue
		}
		var r rune
		if r, content = unescape(content); utf16.IsSurrogate(r) {
			name = append(name, 0xe0|byte(r>>12), 0x80|byte(r>>6)&0xbf, 0x80|byte(r)&0xbf)
		} else {
			name = utf8.AppendRune(name, r)
		}
	}
	return string(name)
}

// DecodeString returns the string that one valid JSON value stands for, and an
// error where it is none.
func DecodeString(raw string) (string, error) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", &fault.Defect{Reason: "want a string, found " + KindOf(raw), Kind: fault.ErrMalformed}
	}
	content := raw[1 : len(raw)-1]
	if strings.IndexByte(content, '\\') < 0 {
		return content, nil
	}
	return DecodeContent(content), nil
}

// KindOf names the JSON type of a value by how its text begins.
func KindOf(text string) string {
	if text == "" {
		return "nothing"
	}
	switch c := text[0]; {
	case c == '"':
		return "a string"
	case c == '{':
		return "an object"
	case c == '[':
		return "an array"
	case c == 't' || c == 'f':
		return "a boolean"
	case c == 'n':
		return "null"
	case c == '-' || '0' <= c && c <= '9':
		return "a number"
	}
	return "no JSON value"
}

// AppendQuoted appends a Go string as JSON text, escaped as JavaScript's
// JSON.stringify escapes it. It fails where the string is not UTF-8.
func AppendQuoted(dst []byte, s string) (out []byte, ok bool) {
	dst = append(dst, '"')
	start := 0
	for i := PlainRun(s, 0); i < len(s); i = PlainRun(s, i) {
		if c := s[i]; c < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			dst = appendEscaped(dst, rune(c))
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size <= 1 {
			return dst, false
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"'), true
}

// AppendKey appends a name as JSON text. It fails where the name is not UTF-8,
// apart from surrogates as NameOf decodes them.
func AppendKey(dst []byte, name string) (out []byte, ok bool) {
	begin := len(dst)
	if out, ok = AppendQuoted(dst, name); ok {
		return out, true
	}
	dst = append(out[:begin], '"')
	for i := 0; i < len(name); {
		r, size := utf8.DecodeRuneInString(name[i:])
		if r == utf8.RuneError && size <= 1 {
			if r, size = surrogate(name[i:]); size == 0 {
				return dst, false
			}
		}
		dst = appendEscaped(dst, r)
		i += size
	}
	return append(dst, '"'), true
}

// surrogate reads the three bytes that UTF-8 would give a surrogate.
func surrogate(name string) (r rune, size int) {
	if len(name) < 3 || name[0] != 0xed || name[1]&0xe0 != 0xa0 || name[2]&0xc0 != 0x80 {
		return 0, 0
	}
	return 0xd000 | rune(name[1]&0x3f)<<6 | rune(name[2]&0x3f), 3
}
