package store

import "github.com/esogen/esogen/runtime/internal/fault"

// clippedLimit is how many characters of a name a statement gives, to be
// clipped: more than are shown.
const clippedLimit = "256"

// clip returns a name as people are shown it, and as tables of failures keep it:
// its beginning, where it is long, as text that any database takes.
func clip(name string) string { return fault.Storable(name) }
