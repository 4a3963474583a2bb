package codec

import (
	"math"
	"time"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// String writes a string. It must be UTF-8.
func (w *Writer) String(v string) bool {
	if !w.fresh {
		if was, err := jsontext.DecodeString(w.was); err == nil && was == v || w.was == "" && w.leaves(v == "") {
			return w.keep()
		}
	}
	n := len(w.out)
	if cap(w.out)-n < len(v)+2 {
		w.grow(len(v))
	}
	if out := w.out[n : n+len(v)+2]; jsontext.CopyPlain(out[1:], v) {
		out[0], out[len(v)+1] = '"', '"'
		w.out = w.out[:n+len(v)+2]
		return w.checks
	}
	out, ok := jsontext.AppendQuoted(w.out, v)
	w.out = out
	if !ok {
		w.refuse("a string that is not UTF-8", fault.ErrInvalid)
	}
	return w.checks
}

// Bool writes true or false.
func (w *Writer) Bool(v bool) bool {
	text := "false"
	if v {
		text = "true"
	}
	if !w.fresh && (w.was == text || w.was == "" && w.leaves(!v)) {
		return w.keep()
	}
	w.text(text)
	return w.checks
}

// Int writes an integer that JavaScript reads exactly: within ±(2^53-1). Others
// are refused, unless they stand as stored.
func (w *Writer) Int(v int64) bool {
	if !w.fresh || v > jsontext.MaxSafeInteger || v < -jsontext.MaxSafeInteger {
		return w.anyInt(v)
	}
	w.integer(v)
	return w.checks
}

func (w *Writer) anyInt(v int64) bool {
	changed := w.Int64(v)
	if changed && (v > jsontext.MaxSafeInteger || v < -jsontext.MaxSafeInteger) {
		w.refuse("an integer beyond 2^53-1, which not every JSON reader keeps exact", fault.ErrInvalid)
	}
	return changed
}

// integer writes an integer at the end of the text.
func (w *Writer) integer(v int64) {
	n := len(w.out)
	if cap(w.out)-n < jsontext.MaxInteger {
		w.grow(jsontext.MaxInteger)
	}
	size := jsontext.FormatInteger((*[jsontext.MaxInteger]byte)(w.out[n:n+jsontext.MaxInteger]), v)
	w.out = w.out[:n+size]
}

// Int64 writes an integer of 64 bits.
func (w *Writer) Int64(v int64) bool {
	if !w.fresh {
		if was, ok := storedInteger(w.was); ok && was == v || w.was == "" && w.leaves(v == 0) {
			return w.keep()
		}
	}
	w.integer(v)
	return w.checks
}

func storedInteger(raw string) (n int64, ok bool) {
	if n, end := jsontext.ShortInteger(raw, 0); end > 0 && end == len(raw) {
		return n, true
	}
	if raw == "" || jsontext.EndOfNumber(raw, 0) < len(raw) {
		return 0, false
	}
	return jsontext.ParseInteger(raw)
}

// Number writes a double, as JavaScript does. Infinities and NaN are refused.
func (w *Writer) Number(v float64) bool {
	if !w.fresh {
		if was, ok := storedNumber(w.was); ok && was == v || w.was == "" && w.leaves(v == 0) {
			return w.keep()
		}
	}
	if math.IsInf(v, 0) || math.IsNaN(v) {
		w.refuse("a number that JSON does not have", fault.ErrInvalid)
		v = 0
	}
	n := len(w.out)
	if cap(w.out)-n < jsontext.MaxDouble {
		w.grow(jsontext.MaxDouble)
	}
	w.out = w.out[:n+len(jsontext.AppendDouble(w.out[n:n], v))]
	return w.checks
}

func storedNumber(raw string) (f float64, ok bool) {
	if raw == "" || jsontext.EndOfNumber(raw, 0) < len(raw) {
		return 0, false
	}
	return jsontext.ParseDouble(raw)
}

// Time writes an RFC 3339 timestamp in UTC: with milliseconds, as JavaScript's
// toISOString does, or with as many digits as it needs. Years beyond 0000 to
// 9999 are refused.
func (w *Writer) Time(v time.Time) bool {
	if !w.fresh && (w.storedTime(v) || w.was == "" && w.leaves(v.IsZero())) {
		return w.keep()
	}
	n := len(w.out)
	if cap(w.out)-n < jsontext.MaxTime {
		w.grow(jsontext.MaxTime)
	}
	size := jsontext.FormatTime((*[jsontext.MaxTime]byte)(w.out[n:n+jsontext.MaxTime]), v)
	w.out = w.out[:n+size]
	if size == 0 {
		w.out = append(w.out, `""`...)
		w.refuse("a timestamp beyond the years 0000 to 9999", fault.ErrInvalid)
	}
	return w.checks
}

func (w *Writer) storedTime(v time.Time) bool {
	text, err := jsontext.DecodeString(w.was)
	if err != nil {
		return false
	}
	was, ok := jsontext.ParseTime(text)
	return ok && was.Equal(v)
}

// Duration writes a duration as time.Duration.String does.
func (w *Writer) Duration(v time.Duration) bool {
	if !w.fresh && (w.storedDuration(v) || w.was == "" && w.leaves(v == 0)) {
		return w.keep()
	}
	w.text(`"` + v.String() + `"`)
	return w.checks
}

func (w *Writer) storedDuration(v time.Duration) bool {
	text, err := jsontext.DecodeString(w.was)
	if err != nil {
		return false
	}
	was, err := time.ParseDuration(text)
	return err == nil && was == v
}

// Bytes writes standard base64 with padding.
func (w *Writer) Bytes(v []byte) bool {
	if !w.fresh && (w.storedBytes(v) || w.was == "" && w.leaves(len(v) == 0)) {
		return w.keep()
	}
	w.out = jsontext.AppendBase64(w.out, v)
	return w.checks
}

func (w *Writer) storedBytes(v []byte) bool {
	text, err := jsontext.DecodeString(w.was)
	if err != nil {
		return false
	}
	was, ok := jsontext.DecodeBase64(text)
	return ok && string(was) == string(v)
}

// JSON writes a value of any kind, which must be valid by all rules that
// reading goes by. The empty text is written as null.
func (w *Writer) JSON(v JSON) bool {
	if !w.fresh && (w.was != "" && w.was == string(v) || w.was == "" && w.leaves(v == "")) {
		return w.keep()
	}
	if v == "" {
		return w.null()
	}
	raw, err := jsontext.ValueWithin(string(v), w.depth)
	if err != nil {
		w.refuse("not one valid JSON value", fault.ErrInvalid)
		raw = "null"
	}
	w.text(raw)
	return w.checks
}

// null writes null.
func (w *Writer) null() bool {
	const null = "null"
	if !w.fresh && (w.was == null || w.was == "" && w.leaves(true)) {
		return w.keep()
	}
	w.text(null)
	return w.checks
}
