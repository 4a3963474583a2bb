package store

import "github.com/esogen/esogen/runtime/internal/fault"

// clippedLimit is how many characters of a name a statement returns: more than clip
// keeps.
const clippedLimit = "256"

// clip returns the beginning of a name, for errors, logs and the table of failures, as
// text that any database takes.
func clip(name string) string { return fault.Storable(name) }
