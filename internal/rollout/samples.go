package rollout

import (
	"errors"
	"slices"

	"github.com/esogen/esogen/internal/definition"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esotest"
)

// samples are the few values that represent all values of a fact. All that matters
// of a value is whether it is the one that was written last, whether it is null,
// and which Go types read it; so two values of each shape are enough.
//
// A sample has a text for each encoding of the fact: a conversion leads from one
// encoding to another.
type samples struct {
	encodings map[place]int // the encoding that a place has
	texts     [][]string    // by encoding, then by sample

	// narrow reports for a text of an encoding that some shape of the encoding does
	// not read it. A conversion into the encoding would not give it.
	narrow [][]bool

	// classes has the class of each sample: see class.
	classes []string

	shapes  [][]definition.Value // by encoding: how the releases declare the fact
	readers [][]esotest.Shape    // the same, as code
	nested  bool                 // it is played by its parts
	known   map[string]int       // samples of nested values, by their texts

	feeds bool   // something is computed from it
	upper []bool // by sample: the half of the values that a function tells from the other
	split bool   // a live release writes values of one half only: the halves are different classes
}

// absent is the sample of an absent attribute.
const absent = -1

// newSamples chooses the samples of a fact from all its declarations.
func newSamples(f *fact, types []*definition.Type, varied bool, without rule) *samples {
	t := &samples{encodings: encodingsOf(f, types)}
	t.texts = make([][]string, len(slices.Compact(slices.Sorted(mapValues(t.encodings)))))
	shapes := make([][]definition.Value, len(t.texts))
	var given []origin // texts that specs give: they are values too
	for _, typ := range types {
		for i := range typ.Models {
			m := &typ.Models[i]
			at := f.in(m)
			if at == nil {
				continue
			}
			encoding := t.encodings[place{m.Number, at.Name}]
			if !slices.ContainsFunc(shapes[encoding], at.Value.Equal) {
				shapes[encoding] = append(shapes[encoding], at.Value)
			}
			if text, ok := m.BackfillOf(at.Name); ok {
				given = append(given, origin{encoding, text})
			}
			if at.Default != "" {
				given = append(given, origin{encoding, at.Default})
			}
		}
	}
	var drawn []origin
	for encoding := range shapes {
		for i, s := range shapes[encoding] {
			tell := teller{2 * i, without}
			texts := tell.texts(s, shapes[encoding])
			drawn = append(drawn, origin{encoding, texts[0]})
			tell.n++
			drawn = append(drawn, origin{encoding, tell.full(s, shapes[encoding])})
			for _, text := range texts[1:] {
				if varied {
					drawn = append(drawn, origin{encoding, text})
				}
			}
		}
	}
	if varied {
		for encoding := range shapes {
			for _, s := range shapes[encoding] {
				for i, odd := range f.odd {
					if text := (sampler{odd}).text(s, 100+i); isOdd(text) {
						drawn = append(drawn, origin{encoding, text})
					}
				}
			}
		}
	}
	for _, o := range append(drawn[:1:1], append(given, drawn[1:]...)...) {
		t.add(o, shapes)
	}
	t.shapes = shapes
	for _, list := range shapes {
		var readers []esotest.Shape
		for _, v := range list {
			readers = append(readers, goType(v))
		}
		t.readers = append(t.readers, readers)
	}
	t.nested = varied && len(t.texts) == 1 && slices.ContainsFunc(shapes[0], structured)
	t.narrow = make([][]bool, len(t.texts))
	for encoding, texts := range t.texts {
		for _, text := range texts {
			t.narrow[encoding] = append(t.narrow[encoding], t.isNarrow(encoding, text))
		}
	}
	if t.nested {
		t.known = map[string]int{}
	}
	for i, text := range t.texts[0] {
		if t.nested {
			t.known[canonical(text)] = i
		}
		t.upper = append(t.upper, i%2 == 1)
		t.classes = append(t.classes, t.class(i))
	}
	return t
}

// isNarrow reports whether some shape of an encoding does not read a text.
func (t *samples) isNarrow(encoding int, text string) bool {
	return slices.ContainsFunc(t.readers[encoding], func(s esotest.Shape) bool { return !s.Reads(text) })
}

// structured reports whether there is a struct in a value.
func structured(v definition.Value) bool {
	return v.Kind == definition.Struct || v.Elem != nil && structured(*v.Elem)
}

// odd reports whether some model cannot seal a sample, in one of its encodings.
func (t *samples) odd(sample int) bool {
	return slices.ContainsFunc(t.texts, func(texts []string) bool { return isOdd(texts[sample]) })
}

// class returns the class of a sample. It says for each declaration whether it
// reads the value, whether the value lacks a required part, has parts that the
// declaration does not know, and has room for more. Values that agree in this
// behave alike, wherever in them these parts are.
func (t *samples) class(sample int) string {
	var class []byte
	for encoding := range t.texts {
		text := t.texts[encoding][sample]
		if text == "null" {
			class = append(class, 'n')
		}
		if isOdd(text) {
			class = append(class, text...)
		}
		for i := range t.readers[encoding] {
			class = append(class, makes(&t.readers[encoding][i], text)...)
		}
	}
	if t.split && t.isUpper(sample) {
		class = append(class, '^')
	}
	return string(class)
}

// makes returns what class says of one declaration.
func makes(s *esotest.Shape, text string) string {
	if !s.Reads(text) {
		return "u"
	}
	if s.Kind != "struct" && s.Elem == nil || text == "null" {
		return "r"
	}
	makes := "r"
	if s.Missing(text) != nil {
		makes = "m"
	}
	if s.Shown(text) != canonical(text) {
		makes += "+"
	}
	if !filled(s, decode(text)) {
		makes += "-"
	}
	return makes
}

// filled reports whether there is something in every place of a value.
func filled(s *esotest.Shape, tree any) bool {
	switch tree := tree.(type) {
	case map[string]any:
		if len(tree) == 0 {
			return len(s.Parts) == 0
		}
		for i := range s.Parts {
			if value, ok := tree[s.Parts[i].Name]; !ok || !filled(&s.Parts[i].Shape, value) {
				return false
			}
		}
		for _, value := range tree {
			if s.Kind == "map" && !filled(s.Elem, value) {
				return false
			}
		}
	case []any:
		for _, item := range tree {
			if s.Kind == "list" && !filled(s.Elem, item) {
				return false
			}
		}
		return len(tree) > 0
	}
	return true
}

// isUpper reports whether a sample is in the upper half. Absent is.
func (t *samples) isUpper(sample int) bool { return sample == absent || t.upper[sample] }

// intern returns the sample of a nested value. It may be a new one, if a part of
// another sample was changed: then it is in the half that the other is not in.
func (t *samples) intern(text string, from int) int {
	sample, ok := t.known[text]
	if ok {
		return sample
	}
	spelt := text
	text = canonical(text)
	if sample, ok = t.known[text]; !ok {
		sample = len(t.texts[0])
		t.texts[0] = append(t.texts[0], text)
		t.narrow[0] = append(t.narrow[0], t.isNarrow(0, text))
		t.upper = append(t.upper, !t.isUpper(from))
		t.classes = append(t.classes, t.class(sample))
		t.known[text] = sample
	}
	t.known[spelt] = sample
	return sample
}

// converts reports whether a sample that is written in one place has a text in
// every other encoding, whatever model converts it.
func (t *samples) converts(from place, sample int) bool {
	for encoding := range t.texts {
		if encoding != t.encodings[from] && t.narrow[encoding][sample] {
			return false
		}
	}
	return true
}

type origin struct {
	encoding int
	text     string
}

// add makes a sample of a text, and finds texts for it in the other encodings. An
// encoding may have fewer values than another: a bool has two. A text without a
// counterpart is left out, as no conversion with an inverse could take it.
func (t *samples) add(o origin, shapes [][]definition.Value) {
	if slices.Contains(t.texts[o.encoding], o.text) {
		return
	}
	texts := make([]string, len(t.texts))
	for encoding := range t.texts {
		switch {
		case encoding == o.encoding:
			texts[encoding] = o.text
		case o.text == "null" && !slices.ContainsFunc(shapes[encoding], solid) && !slices.Contains(t.texts[encoding], "null"):
			texts[encoding] = "null"
		default:
			texts[encoding] = fresh(shapes[encoding], t.texts[encoding])
		}
		if texts[encoding] == "" || slices.Contains(t.texts[encoding], texts[encoding]) {
			return
		}
	}
	for encoding, text := range texts {
		t.texts[encoding] = append(t.texts[encoding], text)
	}
}

// solid reports whether a shape has no null: no conversion would give it one.
func solid(v definition.Value) bool { return !nullable(v) }

func nullable(v definition.Value) bool { return v.Nullable || v.Kind == definition.JSON }

// null reports whether the sample is null, in one of its encodings.
func (t *samples) null(sample int) bool {
	return slices.ContainsFunc(t.texts, func(texts []string) bool { return texts[sample] == "null" })
}

// fresh returns a text of the first shape that is not taken yet, or "".
func fresh(shapes []definition.Value, taken []string) string {
	for n := range len(taken) + 2 {
		if len(shapes) == 0 {
			return ""
		}
		if text := (sampler{}).text(shapes[0], n+10); !slices.Contains(taken, text) {
			return text
		}
	}
	return ""
}

// encodings numbers the encodings of a fact: places without a conversion between them
// share one.
func encodingsOf(f *fact, types []*definition.Type) map[place]int {
	joined := newForest()
	for _, typ := range types {
		for i := range typ.Models {
			m := &typ.Models[i]
			at := f.in(m)
			if at == nil {
				continue
			}
			here := place{m.Number, at.Name}
			joined.add(here)
			if i == 0 {
				continue
			}
			if old := m.AttributeBefore(&typ.Models[i-1], at.Name); old != nil && !m.Converts(at.Name) {
				joined.join(place{i, old.Name}, here)
			}
		}
	}
	numbers, out := map[place]int{}, map[place]int{}
	for _, p := range joined.order {
		root := joined.find(p)
		if _, ok := numbers[root]; !ok {
			numbers[root] = len(numbers)
		}
		out[p] = numbers[root]
	}
	return out
}

func mapValues(m map[place]int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

// text returns how a place writes a sample.
func (t *samples) text(p place, sample int) string { return t.texts[t.encodings[p]][sample] }

// of returns the sample that has this text in a place, or absent.
func (t *samples) of(p place, text string) int {
	if t.nested {
		return t.intern(text, absent)
	}
	return slices.Index(t.texts[t.encodings[p]], text)
}

// errNoSample means that a conversion met a value that nobody wrote: a ciphertext,
// for example.
var errNoSample = errors.New("the conversion does not know this value")

// convert returns a conversion as a product would have it: injective, and the
// inverse of the one that leads back.
func (t *samples) convert(from, to place) eso.Convert {
	return func(value eso.JSON) (eso.JSON, error) {
		i := t.of(from, string(value))
		if i < 0 {
			return "", errNoSample
		}
		return eso.JSON(t.text(to, i)), nil
	}
}
