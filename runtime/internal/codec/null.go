package codec

// Null is a value that may be null. The zero value is null.
type Null[T any] struct {
	V     T
	Valid bool // false means null; V does not count then
}

// NotNull returns a value that is not null.
func NotNull[T any](v T) Null[T] { return Null[T]{v, true} }
