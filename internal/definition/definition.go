// Package definition models saved object types independently of CUE. Every other
// package works on it: package spec reads specs into definitions, emit turns
// them into Go, golden into golden files.
//
// The package imports nothing of esogen, holds no positions and does no input or
// output. All values are plain data. They are safe for concurrent reading, and
// nobody changes them after [Type.Resolve].
package definition

import "slices"

// Format names how the secrets of a document are sealed.
type Format string

const (
	Kibana Format = "kibana" // one ciphertext per attribute, as Kibana stores it
	Native Format = "native" // one seal per object
)

// Namespaces is the namespace kind of a type.
type Namespaces string

const (
	Single           Namespaces = "single"
	Multiple         Namespaces = "multiple"
	MultipleIsolated Namespaces = "multiple-isolated"
	Agnostic         Namespaces = "agnostic"
)

// widening lists the kinds of namespaces from the one whose objects are found
// from the fewest places to the one whose objects are found from everywhere.
var widening = []Namespaces{Single, MultipleIsolated, Multiple, Agnostic}

// Narrower reports whether objects of the kind are found from fewer places than
// those of another one, or share an id that was theirs alone.
func (n Namespaces) Narrower(than Namespaces) bool {
	return slices.Index(widening, n) < slices.Index(widening, than)
}

// Role is what a model does with an attribute.
type Role string

const (
	Plain     Role = "plain"
	Bound     Role = "aad"
	Encrypted Role = "encrypted"
)

// Type is the declaration of one saved object type.
type Type struct {
	Name   string // as stored, for example "connector_token"
	Label  string // the field's label in the spec; Name unless the spec says otherwise
	GoName string // from @go(Name) on the type's field, or ""
	Doc    string // the comment above it, without comment marks

	RandomID    bool // ids must be UUIDs
	DottedNames bool // names with a dot are meant
	Retired     bool // the type is gone, its name stays taken

	Flag string // the product's flag without which it creates no object of the type, or ""

	Write  int // the model this release writes
	Oldest int // the oldest model it still opens

	Exposes    []string // secrets that the normal read decrypts
	Exceptions []Exception

	Models []Model // by number, from 1, without gaps; none if the type is retired without models
}

// Model is one version of a type's documents.
//
// Declared, Removed, Renamed, Backfill and Computed are the step from the model
// before, and empty in the first one but for Declared. Attributes, Encrypted and AAD are the whole model; Resolve
// computes Attributes, and the sets where the spec leaves them out.
type Model struct {
	Number     int
	Doc        string
	Namespaces Namespaces
	Format     Format

	Declared []Attribute // what is new or declared anew, in the spec's order
	Removed  []string
	Renamed  []Rename
	Backfill []Backfill
	Computed []Compute

	// The sets in declared order. StatesEncrypted and StatesAAD report whether
	// the spec states them here; Resolve fills in what it does not state.
	Encrypted, AAD             []string
	StatesEncrypted, StatesAAD bool

	Attributes []Attribute // all of the model, in order
}

// Rename gives an attribute of the model before a new name.
type Rename struct {
	New, Old string
	Convert  bool // through two handwritten functions, there and back
}

// Backfill is the value that migration gives to an attribute that lacks one.
type Backfill struct {
	Name  string
	Value string // JSON text
}

// Compute asks for a handwritten function that gives a new attribute its value.
type Compute struct {
	Name   string
	Inputs []string // attributes of the model before, in the order of the function's parameters

	// Unstated is set if a golden file of the first format names the
	// attribute alone. Resolve makes its inputs all attributes of the model
	// before, which is all that can be known of the function.
	Unstated bool
}

// Equal reports whether two declarations ask for the same function. One whose
// inputs are not stated may be any.
func (c Compute) Equal(other Compute) bool {
	return c.Name == other.Name && (c.Unstated || other.Unstated || slices.Equal(c.Inputs, other.Inputs))
}

// Attribute is a top-level attribute of a model, or a field of a nested
// struct.
type Attribute struct {
	Name     string
	GoName   string // from @go(Name), or ""
	Doc      string
	Optional bool   // the key may be absent
	Default  string // JSON text given on creation, or ""
	Value    Value
}

// Value is the declared shape of a value.
type Value struct {
	Kind     Kind
	Nullable bool

	// Enum lists the allowed values as JSON texts, in declared order; it is
	// set only for String, Int and Number. Not lists values that are refused.
	Enum, Not []string

	Min, Max             *Limit   // Int, Int64, Number
	MinLength, MaxLength *int     // runes of a String, items of a List, members of a Map
	Patterns             []string // RE2; a String must match all of them
	NotPatterns          []string // RE2; a String must match none

	Elem   *Value      // List and Map
	Fields []Attribute // Struct

	// Definition is the label of the shared definition that a Struct or an
	// Enum comes from ("#Schedule"), or "". One definition is one Go type. Doc
	// and GoName are its comment and its @go(Name); they are set only if
	// Definition is.
	Definition  string
	Doc, GoName string
}

// Equal reports whether two declarations hold the same values and have the same
// Go type. Comments and names of Go fields do not count.
func (v Value) Equal(other Value) bool {
	return v.Nullable == other.Nullable && v.Definition == other.Definition && sameShape(v, other)
}

// sameShape compares declarations without nullability and without the label
// of the definition that they come from.
func sameShape(a, b Value) bool {
	return a.Kind == b.Kind &&
		slices.Equal(a.Enum, b.Enum) && slices.Equal(a.Not, b.Not) &&
		samePointee(a.Min, b.Min) && samePointee(a.Max, b.Max) &&
		samePointee(a.MinLength, b.MinLength) && samePointee(a.MaxLength, b.MaxLength) &&
		slices.Equal(a.Patterns, b.Patterns) && slices.Equal(a.NotPatterns, b.NotPatterns) &&
		sameElem(a.Elem, b.Elem) && slices.EqualFunc(a.Fields, b.Fields, sameField)
}

func sameElem(a, b *Value) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

func sameField(a, b Attribute) bool {
	return a.Name == b.Name && a.Optional == b.Optional && a.Default == b.Default && a.Value.Equal(b.Value)
}

func samePointee[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// Limit is a bound of a number.
type Limit struct {
	Number    string // JSON text
	Exclusive bool
}
