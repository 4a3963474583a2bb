// Package address reads the URLs of keys. It repeats nothing of them in errors: a
// URL may hold a key.
package address

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Key is what a URL says.
type Key struct {
	Path  string // host and path: the name of the key, without slashes around it
	Query url.Values
}

// Parse reads a URL of the scheme, whose query may have these parameters, each
// once. One that ends in "*" stands for all that begin like it.
func Parse(text, scheme string, parameters ...string) (Key, error) {
	rest, ok := strings.CutPrefix(text, scheme+"://")
	if !ok {
		return Key{}, fmt.Errorf("not a URL that begins with %s://", scheme)
	}
	path, query, _ := strings.Cut(rest, "?")
	if strings.Contains(rest, "#") {
		return Key{}, fmt.Errorf("%s: the URL has a fragment", scheme)
	}
	path, err := url.PathUnescape(strings.Trim(path, "/"))
	if err != nil || strings.ContainsFunc(path, strange) {
		return Key{}, fmt.Errorf("%s: the URL has a character that no key's name has", scheme)
	}
	if path == "" {
		return Key{}, fmt.Errorf("%s: the URL names no key", scheme)
	}
	if slices.ContainsFunc(strings.Split(path, "/"), func(part string) bool { return part == "" || part == "." || part == ".." }) {
		return Key{}, fmt.Errorf("%s: the URL has an empty part, or one of dots", scheme)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return Key{}, fmt.Errorf("%s: the URL's query cannot be read", scheme)
	}
	for name, given := range values {
		if len(given) != 1 {
			return Key{}, fmt.Errorf("%s: the URL gives a parameter more than once", scheme)
		}
		if !slices.ContainsFunc(parameters, func(known string) bool {
			prefix, open := strings.CutSuffix(known, "*")
			return name == known || open && strings.HasPrefix(name, prefix) && name != prefix
		}) {
			if len(parameters) == 0 {
				return Key{}, fmt.Errorf("%s: the URL has a parameter, and takes none", scheme)
			}
			return Key{}, fmt.Errorf("%s: the URL has a parameter other than %s", scheme, strings.Join(parameters, ", "))
		}
	}
	return Key{Path: path, Query: values}, nil
}

// strange reports whether no name of a key has a character.
func strange(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._~:/=+@", r))
}

// ErrOther is the error of a wrapping under another key.
var ErrOther = errors.New("it was wrapped under another key")

// Other is ErrOther with the name of that key.
func Other(name string) error { return fmt.Errorf("%w, %q", ErrOther, name) }
