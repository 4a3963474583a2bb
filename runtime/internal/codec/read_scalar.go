package codec

import (
	"time"

	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// Null reports whether the value is null, and passes it then.
func (d *Reader) Null() bool {
	const null = "null"
	if d.in.Next() != 'n' {
		return false
	}
	return d.in.Word(null)
}

// String reads a string. An escaped lone surrogate, which no Go
// string holds, becomes U+FFFD; as long as the string is not changed, it is
// written back verbatim.
func (d *Reader) String() string {
	return d.stringValue("a string")
}

func (d *Reader) stringValue(want string) string {
	text, begin := d.in.Text, d.in.Pos+1
	if begin > len(text) || text[begin-1] != '"' {
		d.wrong(want)
		return ""
	}
	end := jsontext.PlainRun(text, begin)
	if end < len(text) && text[end] == '"' {
		d.in.Pos = end + 1
		return text[begin:end]
	}
	content, escaped := d.in.StringToken()
	if escaped {
		return jsontext.DecodeContent(content)
	}
	return content
}

// Bool reads true or false.
func (d *Reader) Bool() bool {
	switch d.in.Next() {
	case 't':
		return d.in.Word("true")
	case 'f':
		d.in.Word("false")
	default:
		d.wrong("a boolean")
	}
	return false
}

// Int reads an integer of 64 bits, in any spelling: 1000, 1e3 and 1000.0 are
// one.
func (d *Reader) Int() int64 {
	text, begin := d.in.Text, d.in.Pos
	n, end := jsontext.ShortInteger(text, begin)
	if end > begin {
		d.in.Pos = end
		return n
	}
	n, ok := jsontext.ParseInteger(d.number("an integer"))
	if !ok && d.in.Fault == nil {
		d.in.Fail(begin, "want an integer of 64 bits, found another number")
	}
	return n
}

// Number reads a double. A number beyond its range is an error.
func (d *Reader) Number() float64 {
	begin := d.in.Pos
	f, ok := jsontext.ParseDouble(d.number("a number"))
	if !ok && d.in.Fault == nil {
		d.in.Fail(begin, "a number beyond the range of a double")
	}
	return f
}

// number returns the text of a number.
func (d *Reader) number(want string) string {
	if c := d.in.Next(); c != '-' && c-'0' > 9 {
		d.wrong(want)
		return ""
	}
	return d.in.NumberToken()
}

// Time reads an RFC 3339 timestamp. The time is in UTC. Of a fraction of a
// second, nine digits count.
func (d *Reader) Time() time.Time {
	begin := d.in.Pos
	text := d.stringValue("a timestamp")
	t, ok := jsontext.ParseTime(text)
	if !ok && d.in.Fault == nil {
		d.in.Fail(begin, "want a timestamp such as 2006-01-02T15:04:05.000Z, found another string")
	}
	return t
}

// Duration reads a duration as time.ParseDuration does.
func (d *Reader) Duration() time.Duration {
	begin := d.in.Pos
	text := d.stringValue("a duration")
	v, err := time.ParseDuration(text)
	if err != nil && d.in.Fault == nil {
		d.in.Fail(begin, "want a duration such as 1h30m, found another string")
	}
	return v
}

// Bytes reads standard base64 with padding (RFC 4648, section 4), strictly and
// without line breaks.
func (d *Reader) Bytes() []byte {
	begin := d.in.Pos
	text := d.stringValue("a base64 string")
	v, ok := jsontext.DecodeBase64(text)
	if !ok && d.in.Fault == nil {
		d.in.Fail(begin, "want standard base64, found another string")
	}
	return v
}

// JSON reads any value, and keeps its text.
func (d *Reader) JSON() JSON {
	text, begin := d.in.Text, d.in.Pos
	if d.in.Value(); d.in.Fault != nil {
		return ""
	}
	return JSON(text[begin:d.in.Pos])
}
