package rollout

import (
	"errors"
	"slices"

	"github.com/esogen/esogen/internal/definition"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esotest"
)

// tokens is the few values that stand for all values of a fact. What a
// document does depends on whether an attribute shows what was written last,
// on null, and on what a Go type reads; so two values of each shape will do.
//
// A token has a text for each form of the fact: the attribute has another form
// on the other side of a conversion.
type tokens struct {
	forms map[place]int // the form that a place has
	texts [][]string    // by form, then by token

	// narrow tells of a text of a form that not every shape of that form reads
	// it. A conversion into the form would not give it.
	narrow [][]bool

	// marks tells tokens apart as far as a signature does: see mark.
	marks []string

	shapes  [][]definition.Value // by form: how the releases declare the fact
	readers [][]esotest.Shape    // the same, as code
	nested  bool                 // it is played by its parts
	known   map[string]int       // tokens of nested values, by their texts

	feeds bool   // something is computed from it
	upper []bool // by token: the half of the values that a function tells from the other
	split bool   // a live release writes values of one half only, so that documents of either are to be told apart
}

// absent is the token of an attribute that is not there.
const absent = -1

// newTokens chooses the tokens of a fact from all its declarations.
func newTokens(f *fact, types []*definition.Type, varied bool, without rule) *tokens {
	t := &tokens{forms: forms(f, types)}
	t.texts = make([][]string, len(slices.Compact(slices.Sorted(mapValues(t.forms)))))
	shapes := make([][]definition.Value, len(t.texts))
	var given []origin // texts that specs give: they are values too
	for _, typ := range types {
		for i := range typ.Models {
			m := &typ.Models[i]
			at := f.in(m)
			if at == nil {
				continue
			}
			form := t.forms[place{m.Number, at.Name}]
			if !slices.ContainsFunc(shapes[form], at.Value.Equal) {
				shapes[form] = append(shapes[form], at.Value)
			}
			if text, ok := m.BackfillOf(at.Name); ok {
				given = append(given, origin{form, text})
			}
			if at.Default != "" {
				given = append(given, origin{form, at.Default})
			}
		}
	}
	var drawn []origin
	for form := range shapes {
		for i, s := range shapes[form] {
			tell := teller{2 * i, without}
			texts := tell.texts(s, shapes[form])
			drawn = append(drawn, origin{form, texts[0]})
			tell.n++
			drawn = append(drawn, origin{form, tell.full(s, shapes[form])})
			for _, text := range texts[1:] {
				if varied {
					drawn = append(drawn, origin{form, text})
				}
			}
		}
	}
	if varied {
		for form := range shapes {
			for _, s := range shapes[form] {
				for i, odd := range f.odd {
					if text := (sampler{odd}).text(s, 100+i); isOdd(text) {
						drawn = append(drawn, origin{form, text})
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
	for form, texts := range t.texts {
		for _, text := range texts {
			t.narrow[form] = append(t.narrow[form], t.isNarrow(form, text))
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
		t.marks = append(t.marks, t.mark(i))
	}
	return t
}

// isNarrow tells whether some shape of a form does not read a text.
func (t *tokens) isNarrow(form int, text string) bool {
	return slices.ContainsFunc(t.readers[form], func(s esotest.Shape) bool { return !s.Reads(text) })
}

// structured tells whether there is a struct in a value.
func structured(v definition.Value) bool {
	return v.Kind == definition.Struct || v.Elem != nil && structured(*v.Elem)
}

// odd reports whether some model does not seal a token, in one of its forms.
func (t *tokens) odd(token int) bool {
	return slices.ContainsFunc(t.texts, func(texts []string) bool { return isOdd(texts[token]) })
}

// mark returns the mark of a token. It says of each declaration what that makes
// of the value: whether it reads it, whether a part is missing that it requires,
// whether there is something in it that it has no name for, and whether there is
// room for more. Values of which all declarations make the same behave alike,
// wherever in them it is.
func (t *tokens) mark(token int) string {
	var mark []byte
	for form := range t.texts {
		text := t.texts[form][token]
		if text == "null" {
			mark = append(mark, 'n')
		}
		if isOdd(text) {
			mark = append(mark, text...)
		}
		for i := range t.readers[form] {
			mark = append(mark, makes(&t.readers[form][i], text)...)
		}
	}
	if t.split && t.isUpper(token) {
		mark = append(mark, '^')
	}
	return string(mark)
}

// makes says what a declaration makes of a value.
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

// isUpper reports whether a token is of the upper half: absent is.
func (t *tokens) isUpper(token int) bool { return token == absent || t.upper[token] }

// intern returns the token of a nested value, which may be a new one: a part of
// another one was changed. Then it is of the other half.
func (t *tokens) intern(text string, from int) int {
	token, ok := t.known[text]
	if ok {
		return token
	}
	spelt := text
	text = canonical(text)
	if token, ok = t.known[text]; !ok {
		token = len(t.texts[0])
		t.texts[0] = append(t.texts[0], text)
		t.narrow[0] = append(t.narrow[0], t.isNarrow(0, text))
		t.upper = append(t.upper, !t.isUpper(from))
		t.marks = append(t.marks, t.mark(token))
		t.known[text] = token
	}
	t.known[spelt] = token
	return token
}

// converts tells whether a value that is written in one place has a form in all
// the others, whatever model converts it.
func (t *tokens) converts(from place, token int) bool {
	for form := range t.texts {
		if form != t.forms[from] && t.narrow[form][token] {
			return false
		}
	}
	return true
}

type origin struct {
	form int
	text string
}

// add makes a token of a text, and finds texts for it in the other forms. A
// form may be too small for another one: a bool has two values. What finds no
// text there is left out, as no conversion with an inverse could take it.
func (t *tokens) add(o origin, shapes [][]definition.Value) {
	if slices.Contains(t.texts[o.form], o.text) {
		return
	}
	texts := make([]string, len(t.texts))
	for form := range t.texts {
		switch {
		case form == o.form:
			texts[form] = o.text
		case o.text == "null" && !slices.ContainsFunc(shapes[form], solid) && !slices.Contains(t.texts[form], "null"):
			texts[form] = "null"
		default:
			texts[form] = fresh(shapes[form], t.texts[form])
		}
		if texts[form] == "" || slices.Contains(t.texts[form], texts[form]) {
			return
		}
	}
	for form, text := range texts {
		t.texts[form] = append(t.texts[form], text)
	}
}

// solid tells whether a shape has no null: no conversion would give it one.
func solid(v definition.Value) bool { return !nullable(v) }

func nullable(v definition.Value) bool { return v.Nullable || v.Kind == definition.JSON }

// null tells whether the token is null, in one of its forms.
func (t *tokens) null(token int) bool {
	return slices.ContainsFunc(t.texts, func(texts []string) bool { return texts[token] == "null" })
}

// fresh returns a text of the first shape that is not yet taken, or "".
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

// forms numbers the forms of a fact: places without a conversion between them
// share one.
func forms(f *fact, types []*definition.Type) map[place]int {
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

// text returns how a place writes a token.
func (t *tokens) text(p place, token int) string { return t.texts[t.forms[p]][token] }

// of returns the token that a place writes so, or absent.
func (t *tokens) of(p place, text string) int {
	if t.nested {
		return t.intern(text, absent)
	}
	return slices.Index(t.texts[t.forms[p]], text)
}

// errNoToken is what the stand-in for a conversion says of a value that nobody
// wrote: a ciphertext, for instance.
var errNoToken = errors.New("the conversion does not know this value")

// convert is the stand-in for a product's conversion: injective, and the
// inverse of the one that leads back.
func (t *tokens) convert(from, to place) eso.Convert {
	return func(value eso.JSON) (eso.JSON, error) {
		i := t.of(from, string(value))
		if i < 0 {
			return "", errNoToken
		}
		return eso.JSON(t.text(to, i)), nil
	}
}
