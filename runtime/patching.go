package eso

import "context"

// Changes is what a Patch of a generated package asks for, tied to the type of
// its objects: a patch of another type does not compile where one of T is
// wanted.
//
// Changes is a value that nobody changes, and so is safe for concurrent use as
// long as nobody changes what the patch points to.
type Changes[T any] struct {
	write func(*Writer)
}

// NewChanges is for generated code: write writes the attributes that change.
func NewChanges[T any](write func(*Writer)) Changes[T] { return Changes[T]{write} }

// Apply returns the document with the changes in it, as Objects.Patch does. The
// zero value changes nothing.
func (c Changes[T]) Apply(ctx context.Context, keys Keyring, objects *Objects[T], doc Document) (Document, error) {
	write := c.write
	if write == nil {
		write = func(*Writer) {}
	}
	return objects.Patch(ctx, keys, doc, write)
}
