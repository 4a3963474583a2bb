// Package conversion holds what migrations of the product's objects compute.
// Every release has the same functions: what one has shipped stays as it is,
// since the next one must make the same of the same document.
package conversion

import (
	"net/url"
	"time"
)

// Timeout makes the timeout of an integration of its seconds, which model 1
// has.
func Timeout(seconds int64) time.Duration { return time.Duration(seconds) * time.Second }

// Seconds is the inverse of Timeout for whole seconds, and no release writes
// another timeout.
func Seconds(timeout time.Duration) int64 { return int64(timeout / time.Second) }

// Label makes the label of an integration that had none.
func Label(name, address string) string {
	if parsed, err := url.Parse(address); err == nil && parsed.Host != "" {
		return name + " (" + parsed.Host + ")"
	}
	return name
}
