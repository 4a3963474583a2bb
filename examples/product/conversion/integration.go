// Package conversion has the functions of the product's migrations. Every release has
// the same ones: once shipped, a function never changes, so that each release gets the
// same result from the same document.
package conversion

import (
	"net/url"
	"time"
)

// Timeout converts the seconds of model 1 to the timeout of an integration.
func Timeout(seconds int64) time.Duration { return time.Duration(seconds) * time.Second }

// Seconds is the inverse of Timeout. No release writes a fraction of a second.
func Seconds(timeout time.Duration) int64 { return int64(timeout / time.Second) }

// Label computes the label of an integration.
func Label(name, address string) string {
	if parsed, err := url.Parse(address); err == nil && parsed.Host != "" {
		return name + " (" + parsed.Host + ")"
	}
	return name
}
