package esoimpl

import (
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/internal/codec"
)

// ReadList reads a list, its items with read.
func ReadList[T any](d *Reader, read func(*Reader) T) []T { return codec.ReadList(d, read) }

// ReadMap reads an object whose names are data, its values with read.
func ReadMap[T any](d *Reader, read func(*Reader) T) map[string]T { return codec.ReadMap(d, read) }

// ReadNull reads null, or a value with read.
func ReadNull[T any](d *Reader, read func(*Reader) T) eso.Null[T] { return codec.ReadNull(d, read) }

// ReadSecret reads the value of a secret with read, if the operation shows it.
// Else it passes the value and returns a stripped secret.
func ReadSecret[T any](d *Reader, read func(*Reader) T) eso.Secret[T] {
	return codec.ReadSecret(d, read)
}

// ReadNullSecret is ReadSecret for a secret that may be null.
func ReadNullSecret[T any](d *Reader, read func(*Reader) T) eso.Null[eso.Secret[T]] {
	return codec.ReadNullSecret(d, read)
}

// WriteList writes a list, its items with write.
func WriteList[T any](w *Writer, list []T, write func(*Writer, T) bool) bool {
	return codec.WriteList(w, list, write)
}

// WriteMap writes an object whose names are data, its values with write.
func WriteMap[T any](w *Writer, m map[string]T, write func(*Writer, T) bool) bool {
	return codec.WriteMap(w, m, write)
}

// WriteNull writes null, or a value with write.
func WriteNull[T any](w *Writer, v eso.Null[T], write func(*Writer, T) bool) bool {
	return codec.WriteNull(w, v, write)
}

// WriteOptional writes a member that may be absent: it is if v is nil.
func WriteOptional[T any](w *Writer, name string, v *T, write func(*Writer, T) bool) bool {
	return codec.WriteOptional(w, name, v, write)
}

// WriteOptionalNull writes a member that may be absent, and may be null.
func WriteOptionalNull[T any](w *Writer, name string, v *eso.Null[T], write func(*Writer, T) bool) bool {
	return codec.WriteOptionalNull(w, name, v, write)
}

// WriteSecret writes a secret attribute if it is to be sealed, and leaves it out
// if the object is only shown.
func WriteSecret[T any](w *Writer, name string, v eso.Secret[T], write func(*Writer, T) bool) bool {
	return codec.WriteSecret(w, name, v, write)
}

// WriteOptionalSecret writes a secret attribute that may be absent: it is if v is
// nil.
func WriteOptionalSecret[T any](w *Writer, name string, v *eso.Secret[T], write func(*Writer, T) bool) bool {
	return codec.WriteOptionalSecret(w, name, v, write)
}

// WriteNullSecret writes a secret attribute that may be null.
func WriteNullSecret[T any](w *Writer, name string, v eso.Null[eso.Secret[T]], write func(*Writer, T) bool) bool {
	return codec.WriteNullSecret(w, name, v, write)
}

// WriteOptionalNullSecret writes a secret attribute that may be absent, and may
// be null.
func WriteOptionalNullSecret[T any](w *Writer, name string, v *eso.Null[eso.Secret[T]], write func(*Writer, T) bool) bool {
	return codec.WriteOptionalNullSecret(w, name, v, write)
}

// WriteGiven writes, in a patch, an attribute that may not be unset. Nil leaves
// it alone.
func WriteGiven[T any](w *Writer, name string, v *T, write func(*Writer, T) bool) bool {
	return codec.WriteGiven(w, name, v, write)
}

// WriteChange writes, in a patch, an attribute that may be unset.
func WriteChange[T any](w *Writer, name string, c eso.Change[T], write func(*Writer, T) bool) bool {
	return codec.WriteChange(w, name, c, write)
}
