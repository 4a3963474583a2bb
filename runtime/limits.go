package eso

import "github.com/esogen/esogen/runtime/internal/fault"

// Limits of what is read and written. They bound the work that hostile input
// can cause; real documents are far below them.
const (
	// MaxSize is the greatest length, in bytes, of the attributes of one
	// document.
	MaxSize = fault.MaxSize

	// MaxDepth is how deep objects and lists may be nested, the attributes
	// themselves included.
	MaxDepth = fault.MaxDepth

	// MaxAttributes is how many attributes one document may have.
	MaxAttributes = fault.MaxAttributes

	// MaxValues is how many values the attributes of one document may have, at
	// all depths: objects, lists and what is in them. The text of a value may be
	// short, and the memory that it takes is not.
	MaxValues = fault.MaxValues

	// MaxModel is the greatest number of a model.
	MaxModel = fault.MaxModel
)
