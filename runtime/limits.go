package eso

// Limits of what is read and written. They bound the work that hostile input
// can cause; real documents are far below them.
const (
	// MaxSize is the greatest length, in bytes, of the attributes of one
	// document.
	MaxSize = 16 << 20

	// MaxDepth is how deep objects and lists may be nested, the attributes
	// themselves included.
	MaxDepth = 100

	// MaxAttributes is how many attributes one document may have.
	MaxAttributes = 10_000

	// MaxValues is how many values the attributes of one document may have, at
	// all depths: objects, lists and what is in them. The text of a value may be
	// short, and the memory that it takes is not.
	MaxValues = 1 << 18

	// MaxModel is the greatest number of a model.
	MaxModel = 999_999_999
)

// maxSafeInteger is the greatest integer up to which a double, and so
// JavaScript, holds every one exactly.
const maxSafeInteger = 1<<53 - 1
