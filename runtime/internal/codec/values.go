package codec

import "strings"

// Null is a value that may be null. The zero value is null.
type Null[T any] struct {
	V     T
	Valid bool // false means null; V does not count then
}

// NotNull returns a value that is not null.
func NotNull[T any](v T) Null[T] { return Null[T]{v, true} }

// JSON is the text of a JSON value of any kind, kept as it is stored. Two texts
// that differ only in white space or in the order of members are different
// values. The empty text is written as null.
type JSON string

// MarshalJSON returns the text itself.
func (j JSON) MarshalJSON() ([]byte, error) {
	if j == "" {
		return []byte("null"), nil
	}
	return []byte(j), nil
}

// UnmarshalJSON keeps the text.
func (j *JSON) UnmarshalJSON(data []byte) error {
	*j = JSON(strings.TrimSpace(string(data)))
	return nil
}
