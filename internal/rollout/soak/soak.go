// Package soak compares the verdicts of package rollout with what generated code
// does. Its test draws histories of definitions, asks rollout.Judge about each
// release of them, emits the Go packages of all releases side by side into one
// module, and compiles a program there that plays random sequences of operations
// through them. This package is that program; it knows documents and generated
// packages, but not package rollout.
//
// So it repeats on purpose what package rollout has too: a memory of what was
// written, the steps between models, the edits of nested values, keys. One error
// in both would have to be made twice.
//
// It covers the typed operations Seal, Open, Read, Update and Migrate of each
// release's Objects, the methods of its Patch, and Rotate of its Definition, with
// the fields of its struct set and read through reflection; handwritten
// conversions, and values computed from one attribute or several; several
// attributes changed at once; a change of keys in the middle of a sequence; every
// release of a history beside the one before it, on documents that all earlier
// ones have left. After each operation, every live release opens and reads the
// document, and the promises of docs/releases.md are checked against the memory.
//
// It covers nested values at every depth: replaced as a whole, and changed in
// part, by an update and by a patch with a value that was read; parts that a
// release adds, drops or makes optional; maps; types that the last release
// retires; models that were edited after their release; both formats, and changes
// from one to the other.
//
// It does not cover the kinds of attributes that the test does not draw, and
// conversions of nested values.
package soak

// Case is a history of releases of one type, and what is known of its
// attributes. The test writes it as JSON; the program reads it.
type Case struct {
	Name      string
	Namespace string // of the document, or ""
	Releases  []Release
}

// Release is what the program knows of a release.
type Release struct {
	Name   string
	Safe   bool // the verdict of rollout.Judge
	Gone   bool // it retires the type
	Write  int
	Oldest int
	Fields []Field
	Models []Model // by number, from 1
}

// Field is a field of the release's struct.
type Field struct {
	Name, GoName string
	Fact         int      // the number of the attribute, under all its names
	Texts        []string // by sample: the JSON texts of its values, as the write model has them
	Writes       []int    // the samples that the release may write
	Default      int      // the sample that creation gives, or Absent
	Shape        *Shape   // of nested values: Writes is empty, and values are drawn by it

	Secret, Exposed                                        bool
	Pointer, Optional, Required, Dropped, Patchable, Unset bool
	Computed                                               bool // creation computes it if it is not given
}

// Shape is the Go type of a nested value.
type Shape struct {
	Kind  string // of package definition
	Null  bool   // it may be written
	Elem  *Shape
	Parts []Part // of a struct
}

// Part is a member of a struct.
type Part struct {
	Name, GoName string
	Pointer      bool // Go could unset it
	Optional     bool // and may, also in a new struct
	Shape        Shape
}

// Model is what a release knows of a model.
type Model struct {
	Facts     map[string]int // by name of the attribute
	Encrypted []string
	Given     []Given // the values that the step from the model before fills in, constants first
}

// Given is the value of an attribute that a document lacks: a constant, or one that
// is computed from others as the model before has them.
type Given struct {
	Fact   int
	Sample int      // of a constant
	Inputs []Input  // of what is computed
	Gives  []int    // the samples that the function chooses from
	Texts  []string // by sample
}

// Input is an input of a function.
type Input struct {
	Fact   int
	Texts  []string // by sample, as the model before has them
	Shape  *Shape   // of a nested value
	Needed bool     // that model requires it
}

// Absent is the sample of an absent attribute.
const Absent = -1

// Result is the outcome of playing one release of a case beside the one before it.
type Result struct {
	Case      string
	Release   int // its index
	Sequences int // how many were played
	Broken    int // how many of them broke a promise
	Shortest  *Loss
}

// Loss is a sequence that broke a promise.
type Loss struct {
	Promise  int
	Message  string
	Sequence []string
	Document string
}
