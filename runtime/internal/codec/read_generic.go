package codec

import "strings"

// ReadList reads a list, its items with read. It returns an empty list, not
// nil, where the list is empty.
func ReadList[T any](d *Reader, read func(*Reader) T) []T {
	list := []T{}
	if !d.beginList() {
		return list
	}
	for d.another(']') {
		if len(list) == cap(list) && len(list) == 0 {
			list = make([]T, 0, d.guessItems())
		}
		list = append(list, read(d))
	}
	return list
}

func (d *Reader) beginList() bool {
	if d.in.Next() != '[' {
		d.wrong("an array")
		return false
	}
	d.fresh = true
	return d.in.Enter()
}

// guessItems returns how many items the list may have whose first one stands at
// the position. For a list of scalars without commas it is exact.
func (d *Reader) guessItems() int {
	if c := d.in.Next(); c == '{' || c == '[' {
		return 2
	}
	rest := d.in.Text[d.in.Pos:]
	return min(1+strings.Count(rest[:max(strings.IndexByte(rest, ']'), 0)], ","), 1024)
}

// ReadMap reads an object whose names are data, its values with read. A name
// with a lone surrogate holds three bytes that are not UTF-8 in its
// place.
func ReadMap[T any](d *Reader, read func(*Reader) T) map[string]T {
	m := map[string]T{}
	d.Object()
	for size := 1; d.Member(); size++ {
		begin, name := d.in.Pos, d.Name()
		m[name] = read(d)
		if len(m) < size && d.in.Fault == nil {
			d.in.Fail(begin, "a duplicate name")
		}
	}
	return m
}

// ReadNull reads null, or a value with read.
func ReadNull[T any](d *Reader, read func(*Reader) T) Null[T] {
	if d.Null() {
		return Null[T]{}
	}
	return NotNull(read(d))
}

// ReadSecret reads the value of a secret with read, where the operation shows
// it. Else it passes the value and returns a stripped secret. Only attributes
// can be secrets, not what is in them.
func ReadSecret[T any](d *Reader, read func(*Reader) T) Secret[T] {
	if !d.shown() {
		return Secret[T]{}
	}
	v := read(d)
	if d.in.Fault != nil {
		return Secret[T]{}
	}
	return NewSecret(v)
}

// ReadNullSecret is ReadSecret for a secret that may be null.
func ReadNullSecret[T any](d *Reader, read func(*Reader) T) Null[Secret[T]] {
	if d.Null() {
		return Null[Secret[T]]{}
	}
	return NotNull(ReadSecret(d, read))
}

// shown reports whether to read the value of the secret, and passes it if not. Whatever reads it, errors do not tell of what is in it.
func (d *Reader) shown() bool {
	d.secrets = append(d.secrets, d.Name())
	if d.split && d.in.Depth == 1 && !d.members[d.place-1].Hidden {
		d.in.Secret = true
		return true
	}
	before := d.in.Secret
	d.in.Secret = true
	d.in.Value()
	d.in.Secret = before
	return false
}
