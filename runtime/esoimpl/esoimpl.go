// Package esoimpl is what generated code calls, and nothing else.
//
// WARNING: this package is only for the code that esogen generates, and for
// esogen's own tests. It is not covered by any promise of compatibility: names
// come and go with the form of generated code. A product calls package eso and
// its generated packages.
//
// Most of it is aliases over the codec of the runtime: a [Reader] and a [Writer]
// with one method for each kind of scalar, and a function for each way of
// combining them.
package esoimpl

import (
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/internal/codec"
	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/seal"
)

// GeneratedCodeIsVersion2 ties generated code to the runtime. Generated code
// refers to this constant, so it compiles only against a compatible runtime. If
// it is undefined, regenerate with the esogen version in go.mod.
const GeneratedCodeIsVersion2 = true

// Concealed is what is printed of a secret, by the methods with which a type
// prints itself. Generated types that occur only in secrets have these methods.
const Concealed = codec.Concealed

type (
	// Reader reads one JSON object into the fields of a struct.
	Reader = codec.Reader

	// Writer writes an object as JSON.
	Writer = codec.Writer

	// Source is an object as it was read. A struct keeps it, so that what is not
	// changed, and what the struct has no field for, is written back verbatim.
	Source = codec.Source

	// Inputs is what a computed value is made from.
	Inputs = codec.Inputs
)

// Marshal returns the text of an object, without its secrets. It does not check
// the rules of the spec. The error is an *eso.Error with the attribute, and wraps
// eso.ErrInvalid if a value has no JSON form (a string that is not UTF-8, an
// infinity, a year beyond 9999), or eso.ErrTooLarge.
func Marshal(write func(*Writer)) ([]byte, error) {
	text, err := codec.Marshal(write)
	if err != nil {
		return nil, withOp(err, "encode")
	}
	return text, nil
}

// Unmarshal reads one JSON object. What the object has at places of secrets is
// not kept: they come out stripped. The error is an *eso.Error with the
// attribute, and wraps eso.ErrMalformed or eso.ErrTooLarge.
func Unmarshal(data []byte, read func(*Reader)) error {
	if err := codec.Unmarshal(data, read); err != nil {
		return withOp(err, "decode")
	}
	return nil
}

func withOp(err error, op eso.Op) error {
	if at, ok := err.(*fault.Error); ok {
		return &eso.Error{Op: op, Attribute: at.Attribute, Err: at.Err}
	}
	return &eso.Error{Op: op, Err: err}
}

// NewPatch returns the patch that writes the attributes that change with write.
func NewPatch[T any](write func(*Writer)) eso.PatchOf[T] { return codec.NewPatch[T](write) }

// Equal returns a filter on an attribute whose values are equal in a database
// exactly if they are equal in Go. The attribute is named as the write model
// names it.
func Equal[T any, V string | bool | int64](attribute string, value V, matches func(*T) bool) eso.Filter[T] {
	return codec.Equal(attribute, value, matches)
}

// Matching returns a filter on an attribute whose values have several spellings,
// as timestamps do, so that a database cannot tell which are equal.
func Matching[T any](attribute string, matches func(*T) bool) eso.Filter[T] {
	return codec.Matching(attribute, matches)
}

// Converting returns the Convert of a pure function between two Go types. What
// convert returns is not checked against the rules of the spec: documents that
// are older than a rule must open.
func Converting[A, B any](read func(*Reader) A, convert func(A) B, write func(*Writer, B) bool) eso.Convert {
	return codec.Converting(read, convert, write)
}

// Computing returns the From of a Compute of a pure function of the inputs, which
// compute reads with [Input] and [OptionalInput]. What it returns is not checked,
// as in Converting.
func Computing[T any](compute func(in *Inputs) T, write func(*Writer, T) bool) func([]eso.JSON) (eso.JSON, error) {
	return codec.Computing(compute, write)
}

// Input reads an input that the model before requires.
func Input[T any](in *Inputs, number int, read func(*Reader) T) T {
	return codec.Input(in, number, read)
}

// OptionalInput reads an input that may be absent; then it is nil.
func OptionalInput[T any](in *Inputs, number int, read func(*Reader) T) *T {
	return codec.OptionalInput(in, number, read)
}

// IsUUID reports whether s has the form of a UUID: 8-4-4-4-12 hexadecimal
// digits, of either case, of any version (RFC 9562, section 4).
func IsUUID(s string) bool { return codec.IsUUID(s) }

// IsTimestamp reports whether a string is an RFC 3339 timestamp.
func IsTimestamp(s string) bool { return codec.IsTimestamp(s) }

// IsDuration reports whether a string is a duration, as time.ParseDuration takes
// it.
func IsDuration(s string) bool { return codec.IsDuration(s) }

// IsDecimal reports whether a string is a decimal number, as eso.ParseDecimal
// takes it.
func IsDecimal(s string) bool { return codec.IsDecimal(s) }

// IsBase64 reports whether a string is standard base64 with padding (RFC 4648,
// section 4).
func IsBase64(s string) bool { return codec.IsBase64(s) }

// SealVersions returns the versions of the header of a native seal that this
// runtime reads, ascending, and the one that it writes. A release reads a new
// version before another one writes it: "esogen release" records both, "esogen
// check" compares them.
func SealVersions() (reads []int, writes int) { return seal.Versions() }
