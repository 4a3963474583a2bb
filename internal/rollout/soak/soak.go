// Package soak holds the verdicts of package rollout against what generated
// code does. The test of this package draws histories of definitions, asks
// rollout.Judge about each release of them, emits the Go packages of all
// releases side by side into one module, and compiles a program there that
// plays random sequences of operations through them. This package is what that
// program is made of; it knows documents and generated packages, and nothing of
// package rollout.
//
// What is covered: the typed operations Seal, Open, Read, Update and Migrate of
// each release's Objects, the methods of its Patch, and Rotate of its
// Definition, with the fields of its struct set and read through reflection;
// handwritten conversions, and computed values that depend on one
// attribute or several; several attributes changed at once; a change of keys in the middle
// of a sequence; every release of a history beside the one before it, on
// documents that all earlier ones have left. After each operation, every live
// release opens and reads the document, and the promises of DESIGN section 2.3
// are checked against a memory of what was written that the player keeps for
// itself.
//
// So are nested values, at every depth: replaced whole, and changed in part, by
// an update and by a patch with a value that was read; parts that a release adds,
// drops or makes optional; maps; types that the last release retires; and
// models that were edited after their release.
//
// Both formats are drawn, and changes from one to the other.
//
// What is not: kinds beyond those of package definition that the test draws, and
// conversions of nested values.
package soak

// Case is a history of releases of one type, and what is known of its
// attributes. The test writes it as JSON; the program reads it.
type Case struct {
	Name      string
	Namespace string // of the document, or ""
	Releases  []Release
}

// Release is what a release makes of documents.
type Release struct {
	Name   string
	Safe   bool // the verdict of rollout.Judge: it can live with the releases before it
	Gone   bool // it retires the type
	Write  int
	Oldest int
	Fields []Field
	Models []Model // by number, from 1
}

// Field is a field of the release's struct.
type Field struct {
	Name, GoName string
	Fact         int      // what the attribute stands for, under all its names
	Texts        []string // by sample: the JSON texts of its values, as the write model has them
	Writes       []int    // the samples that the release may write
	Default      int      // the sample that creation gives, or Absent
	Shape        *Shape   // of nested values: Writes is empty, and values are drawn by it

	Secret, Exposed                                        bool
	Pointer, Optional, Required, Dropped, Patchable, Unset bool
	Computed                                               bool // creation computes it where it is not given
}

// Shape is how the Go type of a release has a nested value.
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
	Optional     bool // and may: it may be left out of a new struct, too
	Shape        Shape
}

// Model is what a release knows of a model.
type Model struct {
	Facts     map[string]int // by name of the attribute
	Encrypted []string
	Given     []Given // what the step from the model before fills in: constants first
}

// Given is a value that a document gets which lacks the attribute: a constant,
// or one that is computed from others as the model before sees them.
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

// Absent is the sample of an attribute that is not there.
const Absent = -1

// Result is what playing one release of a case beside the one before it has
// shown.
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
