package eso

import "github.com/esogen/esogen/runtime/internal/codec"

// Secret holds the value of an encrypted attribute. Printing it in any way,
// alone or within other values, shows "[secret]" or the address of a function,
// never the value: that sits in a closure, which neither package fmt nor
// encoders nor test libraries look into.
//
// Its methods are
//
//	Reveal() (T, error) // the value; ErrStripped if a read left it out or none was given
//	Present() bool      // whether there is a value
//
// As JSON, a secret is null, and no JSON but null is read into one.
//
// The zero value is a secret without a value. Copies share the value; a value
// that is a slice or a map must not be changed through one of them.
type Secret[T any] = codec.Secret[T]

// NewSecret returns a secret that holds value.
func NewSecret[T any](value T) Secret[T] { return codec.NewSecret(value) }

// Null is a value that may be null: V if Valid is set, else null. The zero value
// is null.
type Null[T any] = codec.Null[T]

// NotNull returns a value that is not null.
func NotNull[T any](v T) Null[T] { return codec.NotNull(v) }

// JSON is the text of a JSON value of any kind, as it is stored; its underlying
// type is string. Two texts that differ only in white space or in the order of
// members are different values. The empty text is written as null.
//
// Its methods MarshalJSON and UnmarshalJSON keep the text.
type JSON = codec.JSON

// Decimal is a decimal number of any precision, such as an amount of money. It
// is kept as its text, its underlying type: "1.0" stays "1.0". As JSON, it is a
// string.
//
// The text is a number as JSON writes it, without an exponent: "12.50", "-3",
// "0.001", with at most 500 digits on each side of the point. The zero value is
// 0.
//
// Its methods compare by value, exactly: "1.0" equals "1.00", which == does not.
//
//	Cmp(Decimal) int    // -1, 0 or +1
//	Equal(Decimal) bool
//	String() string     // the text
//
// Constants are Decimals: order.Total = "12.50". A conversion of a
// variable checks nothing; [ParseDecimal] does, and so does every write.
type Decimal = codec.Decimal

// ParseDecimal returns the decimal of a text. The error does not hold the text.
func ParseDecimal(text string) (Decimal, error) { return codec.ParseDecimal(text) }

// Change is what a patch does to an attribute that may be absent: [Set] and
// [Unset] make one. The zero value leaves the attribute alone.
type Change[T any] = codec.Change[T]

// Set gives the attribute a value.
func Set[T any](value T) Change[T] { return codec.Set(value) }

// Unset removes the attribute.
func Unset[T any]() Change[T] { return codec.Unset[T]() }

// PatchOf is what a Patch of a generated package asks for, tied to the type of
// its objects: a patch of another type does not compile in its place. The zero value changes nothing. [Objects.Patch] applies it.
//
// A PatchOf is safe for concurrent use as long as nobody changes what the patch
// points to.
type PatchOf[T any] = codec.PatchOf[T]

// Filter selects the objects in which an attribute has a value. Generated
// packages make them, for attributes that are not secrets in this release or in
// a model that it announces; there is none for others, so that a program which
// looks for a secret does not compile.
//
// Its methods are for a store: Attribute and Value narrow the search, Matches
// decides on what was found.
type Filter[T any] = codec.Filter[T]

type (
	delta   = codec.Delta
	member  = codec.Member
	members = codec.Members
)
