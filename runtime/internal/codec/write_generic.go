package codec

import (
	"maps"
	"slices"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// WriteList writes a list, its items with write. Items are merged with the stored
// ones of the same index.
func WriteList[T any](w *Writer, list []T, write func(*Writer, T) bool) bool {
	if !w.fresh {
		if w.isStored('[') {
			return mergeList(w, list, write)
		}
		if w.was == "" && w.leaves(len(list) == 0) {
			return w.keep()
		}
		w.freshen()
	}
	w.deepen()
	w.out = append(w.out, '[')
	for i := range list {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		if write(w, list[i]); w.fault != nil {
			break
		}
	}
	w.depth--
	w.out = append(w.out, ']')
	return w.checks
}

// isStored reports whether the target has a stored object or list.
func (w *Writer) isStored(opening byte) bool {
	return w.was != "" && w.was[0] == opening
}

func mergeList[T any](w *Writer, list []T, write func(*Writer, T) bool) bool {
	w.beginList()
	for i := range list {
		w.item(i)
		write(w, list[i])
		w.settleItem(i)
		if w.fault != nil {
			break
		}
	}
	w.depth--
	return w.endSequence(len(list), ']')
}

func (w *Writer) beginList() {
	w.deepen()
	s := w.open(listFrame)
	s.base = s.outer.was
	for item := jsontext.NextItem(s.base, 0); item.End > 0; item = jsontext.NextItem(s.base, item.End) {
		w.items = append(w.items, item)
	}
	s.stored = len(w.items) - s.firstItem
	w.out = append(w.out, '[')
}

// item goes to an item of the list.
func (w *Writer) item(i int) {
	if i > 0 {
		w.out = append(w.out, ',')
	}
	s := w.frame()
	s.place = fault.Step{Item: true, Index: i}
	if i < s.stored {
		w.target = target{was: w.items[s.firstItem+i].Of(s.base), foreign: s.foreign}
	} else {
		w.target = target{fresh: true, begin: len(w.out)}
	}
}

func (w *Writer) settleItem(i int) {
	s := w.frame()
	if w.kept {
		w.text(w.items[s.firstItem+i].Of(s.base))
	} else {
		s.changed = true
	}
}

// endSequence ends a list or map of that many items.
func (w *Writer) endSequence(items int, closing byte) bool {
	s := w.frame()
	if !s.changed && items == s.stored {
		return w.endUnchanged(s)
	}
	w.close(s)
	w.out = append(w.out, closing)
	return w.checks
}

// WriteMap writes an object whose names are data, its values with write. Values
// are merged with the stored ones of the same name; new names follow, sorted.
func WriteMap[T any](w *Writer, m map[string]T, write func(*Writer, T) bool) bool {
	if !w.fresh {
		if w.isStored('{') {
			return mergeMap(w, m, write)
		}
		if w.was == "" && w.leaves(len(m) == 0) {
			return w.keep()
		}
		w.freshen()
	}
	w.deepen()
	w.plain++
	w.out = append(w.out, '{')
	if len(m) <= fewNames {
		writeFewNames(w, m, write)
	} else {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			w.name(name)
			if write(w, m[name]); w.fault != nil {
				break
			}
		}
	}
	w.plain--
	w.depth--
	w.out = append(w.out, '}')
	return w.checks
}

const fewNames = 8

// writeFewNames writes a small map, as most are, without allocating.
func writeFewNames[T any](w *Writer, m map[string]T, write func(*Writer, T) bool) {
	var names [fewNames]string
	var values [fewNames]T
	var order [fewNames]int
	n := 0
	for name, v := range m {
		names[n], values[n] = name, v
		i := n
		for ; i > 0 && names[order[i-1]] > name; i-- {
			order[i] = order[i-1]
		}
		order[i] = n
		n++
	}
	for _, i := range order[:n] {
		w.name(names[i])
		if write(w, values[i]); w.fault != nil {
			break
		}
	}
}

func mergeMap[T any](w *Writer, m map[string]T, write func(*Writer, T) bool) bool {
	first, stored := w.beginMap()
	known := 0
	for i := first; i < first+stored && w.fault == nil; i++ {
		name := w.nameAt(w.frame(), i)
		if v, ok := m[name]; ok {
			known++
			w.storedName(name, i)
			write(w, v)
			w.settleName(i)
		}
	}
	if known < len(m) {
		for _, name := range newNames(m, w.storedNames()) {
			w.newName(name)
			if write(w, m[name]); w.fault != nil {
				break
			}
		}
	}
	w.depth--
	return w.endSequence(len(m), '}')
}

func (w *Writer) beginMap() (first, stored int) {
	w.deepen()
	s := w.open(mapFrame)
	w.against(s, s.outer.was)
	w.out = append(w.out, '{')
	return s.first, s.stored
}

// storedName goes to a member of the map that is stored.
func (w *Writer) storedName(name string, i int) {
	if w.out[len(w.out)-1] != '{' {
		w.out = append(w.out, ',')
	}
	s := w.frame()
	s.place = fault.Step{Name: name, Named: true}
	e := &w.entries[i]
	w.text(e.key.Of(s.base))
	w.out = append(w.out, ':')
	w.target = target{was: e.raw.Of(s.base), foreign: s.foreign}
}

func (w *Writer) settleName(i int) {
	s := w.frame()
	if w.kept {
		w.text(w.entries[i].raw.Of(s.base))
	} else {
		s.changed = true
	}
}

// storedNames returns the names that are stored of the map.
func (w *Writer) storedNames() map[string]bool {
	s := w.frame()
	names := make(map[string]bool, s.stored)
	for i := s.first; i < s.first+s.stored; i++ {
		names[w.nameAt(s, i)] = true
	}
	return names
}

// newNames returns the names that are not among the known ones, sorted.
func newNames[T any](m map[string]T, known map[string]bool) []string {
	var names []string
	for name := range m {
		if !known[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (w *Writer) newName(name string) {
	w.anyName(name)
	s := w.frame()
	s.changed = true
	s.place = fault.Step{Name: name, Named: true}
	w.target = target{fresh: true, begin: len(w.out)}
}

// WriteNull writes null, or a value with write.
func WriteNull[T any](w *Writer, v Null[T], write func(*Writer, T) bool) bool {
	if !v.Valid {
		return w.null()
	}
	w.present()
	return write(w, v.V)
}

// present says that the value is there even if it is zero.
func (w *Writer) present() {
	if !w.fresh && w.was == "" {
		w.nonzero = true
		w.freshen()
	}
}

// WriteOptional writes a member that may be absent: it is where v is nil.
func WriteOptional[T any](w *Writer, name string, v *T, write func(*Writer, T) bool) bool {
	if v == nil {
		w.Absent(name)
		return false
	}
	w.Member(name).present()
	return write(w, *v)
}

// WriteOptionalNull writes a member that may be absent, and may be null.
func WriteOptionalNull[T any](w *Writer, name string, v *Null[T], write func(*Writer, T) bool) bool {
	if v == nil {
		w.Absent(name)
		return false
	}
	w.Member(name).present()
	return WriteNull(w, *v, write)
}

// WriteSecret writes a secret attribute where it is to be sealed, and leaves it
// out where the object is only shown. A secret that was stripped cannot be
// sealed: ErrStripped.
func WriteSecret[T any](w *Writer, name string, v Secret[T], write func(*Writer, T) bool) bool {
	return writeSecret(w, name, v, false, write)
}

// writeSecret writes a secret attribute. Where nothing was, a zero value of one
// that is present, since a pointer leads to it, is written all the same.
func writeSecret[T any](w *Writer, name string, v Secret[T], present bool, write func(*Writer, T) bool) bool {
	if !w.checks {
		w.Absent(name)
		return false
	}
	given := present || w.lazy && v.Present()
	w.Member(name)
	if given {
		w.present()
	}
	w.secretMember()
	defer w.endSecret()
	value, err := v.Reveal()
	switch {
	case err == nil:
		return write(w, value)
	case w.leaves(true):
		return w.keep()
	}
	w.refuse("the secret was stripped", fault.ErrStripped)
	return false
}

// WriteOptionalSecret writes a secret attribute that may be absent: it is where
// v is nil.
func WriteOptionalSecret[T any](w *Writer, name string, v *Secret[T], write func(*Writer, T) bool) bool {
	if v == nil {
		w.Absent(name)
		return false
	}
	return writeSecret(w, name, *v, true, write)
}

// WriteNullSecret writes a secret attribute that may be null.
func WriteNullSecret[T any](w *Writer, name string, v Null[Secret[T]], write func(*Writer, T) bool) bool {
	return writeNullSecret(w, name, v, false, write)
}

func writeNullSecret[T any](w *Writer, name string, v Null[Secret[T]], present bool, write func(*Writer, T) bool) bool {
	if v.Valid || !w.checks {
		return writeSecret(w, name, v.V, present, write)
	}
	w.Member(name)
	if present {
		w.present()
	}
	w.secretMember()
	defer w.endSecret()
	return w.null()
}

// WriteOptionalNullSecret writes a secret attribute that may be absent, and may
// be null.
func WriteOptionalNullSecret[T any](w *Writer, name string, v *Null[Secret[T]], write func(*Writer, T) bool) bool {
	if v == nil {
		w.Absent(name)
		return false
	}
	return writeNullSecret(w, name, *v, true, write)
}

// WriteGiven writes, in a patch, an attribute that may not be unset. Nil leaves
// it alone.
func WriteGiven[T any](w *Writer, name string, v *T, write func(*Writer, T) bool) bool {
	if v == nil {
		return false
	}
	return WriteOptional(w, name, v, write)
}

// WriteChange writes, in a patch, an attribute that may be unset.
func WriteChange[T any](w *Writer, name string, c Change[T], write func(*Writer, T) bool) bool {
	switch c.does {
	case set:
		return WriteOptional(w, name, &c.value, write)
	case unset:
		w.Absent(name)
	}
	return false
}
