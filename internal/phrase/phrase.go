// Package phrase writes numbers, lists and names as messages and files have them.
package phrase

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Count writes a number of things: "1 file", "2 files".
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Of returns the word that goes with a number of things: one for 1, or else more.
func Of[N int | int64](n N, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// List joins words: "a, b and c".
func List(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// Quoted quotes names, as Go does.
func Quoted(names []string) []string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	return quoted
}

// JSON writes a JSON string, and leaves "<" and the like readable.
func JSON(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		panic(err) // a string always encodes
	}
	return strings.TrimSuffix(b.String(), "\n")
}
