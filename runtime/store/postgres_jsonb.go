package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	eso "github.com/esogen/esogen/runtime"
)

// What PostgreSQL's numeric, and so a number in jsonb, holds: digits before and
// behind the point. (PostgreSQL documentation, table 8.2.)
const (
	maxNumericWhole    = 131072
	maxNumericFraction = 16383
)

// unstorableAsJSONB finds what jsonb cannot hold, or would give back as a text that
// is too large to be read again: it writes numbers out, so that few bytes can
// become very many. The attributes are valid JSON.
func unstorableAsJSONB(attributes []byte) (attribute, reason string) {
	w := jsonbWalker{text: string(attributes), key: true}
	if reason := w.walk(); reason != "" {
		return w.attribute, reason
	}
	if w.size > eso.MaxSize {
		return "", fmt.Sprintf("the attributes take more than %d bytes as jsonb", eso.MaxSize)
	}
	return "", ""
}

// jsonbWalker walks over a valid JSON text.
type jsonbWalker struct {
	text      string
	at        int
	depth     int
	key       bool   // at the top level, a name comes next
	attribute string // the current one
	size      int    // of the text that jsonb gives back, or more
}

// walk returns why the text cannot be held, or "".
func (w *jsonbWalker) walk() string {
	for w.at < len(w.text) {
		switch c := w.text[w.at]; {
		case c == '"':
			if reason := w.stringToken(); reason != "" {
				return reason
			}
			continue
		case c == '-' || '0' <= c && c <= '9':
			if reason := w.number(); reason != "" {
				return reason
			}
			continue
		case c == '{' || c == '[':
			w.depth++
			w.size++
		case c == '}' || c == ']':
			w.depth--
			w.size++
		case c == ',' || c == ':':
			w.key = w.depth == 1 && c == ','
			w.size += 2 // jsonb puts a space behind it
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		default:
			w.size++
		}
		w.at++
	}
	return ""
}

// stringToken passes a string. What jsonb gives back is never longer.
func (w *jsonbWalker) stringToken() string {
	begin := w.at
	reason := ""
	for w.at++; w.at < len(w.text) && w.text[w.at] != '"'; w.at++ {
		if w.text[w.at] != '\\' {
			continue
		}
		w.at++
		unit := w.unit(w.at)
		switch {
		case unit < 0:
		case unit == 0:
			reason = `\u0000 in a string`
		case 0xdc00 <= unit && unit < 0xe000:
			reason = "a lone surrogate"
		case 0xd800 <= unit && unit < 0xdc00:
			low := -1
			if w.at+5 < len(w.text) && w.text[w.at+5] == '\\' {
				low = w.unit(w.at + 6)
			}
			if low < 0xdc00 || low >= 0xe000 {
				reason = "a lone surrogate"
			} else {
				w.at += 10
			}
		}
	}
	w.at++
	w.size += w.at - begin
	if w.depth == 1 && w.key {
		w.key = false
		w.attribute = ""
		if json.Unmarshal([]byte(w.text[begin:min(w.at, len(w.text))]), &w.attribute) != nil {
			w.attribute = ""
		}
	}
	return reason
}

// unit returns the UTF-16 code unit of an escape whose letter is at an offset, or -1 if
// that is not a u with four hex digits.
func (w *jsonbWalker) unit(at int) int {
	if at+5 > len(w.text) || w.text[at] != 'u' {
		return -1
	}
	unit, err := strconv.ParseUint(w.text[at+1:at+5], 16, 16)
	if err != nil {
		return -1
	}
	return int(unit)
}

// number passes a number.
func (w *jsonbWalker) number() string {
	begin := w.at
	for w.at < len(w.text) && strings.IndexByte("+-.eE0123456789", w.text[w.at]) >= 0 {
		w.at++
	}
	mantissa, exponentText, _ := strings.Cut(strings.ToLower(w.text[begin:w.at]), "e")
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
	exponent := 0
	if exponentText != "" {
		n, err := strconv.ParseInt(exponentText, 10, 32)
		if err != nil {
			return "a number beyond the range of numeric"
		}
		exponent = int(n)
	}
	digits, scale := len(whole)+exponent, max(len(fraction)-exponent, 0)
	if digits > maxNumericWhole || scale > maxNumericFraction {
		return "a number beyond the range of numeric"
	}
	w.size += len("-.") + max(digits, 1) + scale
	return ""
}
