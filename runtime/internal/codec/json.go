package codec

import "strings"

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
