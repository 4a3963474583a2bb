package store

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// equalInSQLite compares what stands in the text of the attributes. A row whose
// text is no JSON has no attributes.
func equalInSQLite(name string, value any) (string, []any) {
	switch v := value.(type) {
	case bool:
		value = int64(0)
		if v {
			value = int64(1)
		}
	}
	return `CASE WHEN json_valid(attributes) THEN attributes ->> '$."` + name + `"' END = ?`, []any{value}
}

// equalInPostgres asks whether the attributes contain the member, as the one
// index can tell that serves all attributes.
func equalInPostgres(name string, value any) (string, []any) {
	text, err := json.Marshal(map[string]any{name: value})
	if err != nil {
		return "", nil
	}
	return "attributes @> CAST(CAST(? AS text) AS jsonb)", []any{string(text)}
}

// comparableInDatabase tells whether a database can compare an attribute with a value: the
// name needs no escaping in a path, and the value is one that every database
// holds exactly.
func comparableInDatabase(name string, value any) bool {
	for _, c := range name {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_-. ", c)) {
			return false
		}
	}
	switch v := value.(type) {
	case string:
		return utf8.ValidString(v) && strings.IndexByte(v, 0) < 0
	case bool:
		return true
	case int64:
		return v > -1<<53 && v < 1<<53 // a fraction of 0 may be written behind it, which makes it a double
	}
	return false
}
