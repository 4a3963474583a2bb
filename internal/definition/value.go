package definition

import (
	"encoding/json"
	"errors"
	"strings"
)

// stringOf decodes the JSON text of a string.
func stringOf(text string) (string, error) {
	if !strings.HasPrefix(text, `"`) {
		return "", errors.New("not a string")
	}
	var s string
	err := json.Unmarshal([]byte(text), &s)
	return s, err
}
