package eso

import "github.com/esogen/esogen/runtime/internal/fault"

// redacted is all that is printed of what embeds it.
type redacted = fault.Redacted
