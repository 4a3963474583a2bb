// Package rekey gives package store an operation of package eso that products have no
// use for: their objects keep their ids.
package rekey

import "context"

// Document returns a document as that of another id, sealed again at its own model. The
// arguments are an *eso.Definition, an eso.Keyring and an eso.Document, which is also the
// result. It fails as eso.Definition.Rotate does. Package eso sets it.
var Document func(ctx context.Context, definition, keys, document any, id string) (any, error)
