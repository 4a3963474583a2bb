package rollout

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esotest"
)

// state is a document as a sequence of operations left it, and its history.
type state struct {
	doc    eso.Document
	stored []stored // its attributes, by name; those in its seal too
	seal   *seal    // in the native format, if it has one
	truth  []int    // by fact: the sample that anyone wrote last, or absent
	step   step     // the operation that led here
	parent *state   // nil after a create
	depth  int      // how many operations it took

	rotated bool // some operation on the way was a rotation
}

// stored is an attribute of a document.
type stored struct {
	name, text string // of a secret in a seal, the text is that of the seal
	sealed     bool
	made       *state // where it was sealed
}

// seal is the seal of a document in the native format.
type seal struct {
	*esotest.Seal
	made *state // where it was sealed
}

// next returns the state that an operation leads to.
func (p *search) next(parent *state, s step, doc eso.Document) *state {
	n := &state{doc: doc, stored: split(doc.Attributes), step: s, parent: parent, depth: 1}
	if parent != nil {
		n.depth = parent.depth + 1
		n.truth = slices.Clone(parent.truth)
		n.rotated = parent.rotated
	} else {
		n.truth = slices.Repeat([]int{absent}, len(p.samples))
	}
	n.rotated = n.rotated || s.op.rotates
	n.unseal()
	for i := range n.stored {
		at := &n.stored[i]
		if at.sealed = at.sealed || sealed(at.text); !at.sealed {
			continue
		}
		at.made = n
		if parent == nil {
			continue
		}
		for k := range parent.stored {
			if parent.stored[k].text == at.text {
				at.made = parent.stored[k].made
			}
		}
	}
	p.remember(n)
	return n
}

// unseal replaces the seal by the secrets that it lists.
func (s *state) unseal() {
	i := slices.IndexFunc(s.stored, func(at stored) bool { return at.name == esotest.SealName })
	if i < 0 {
		return
	}
	header := esotest.ParseSeal(s.stored[i].text)
	s.stored = slices.Delete(s.stored, i, i+1)
	if header == nil {
		return
	}
	s.seal = &seal{header, s}
	if s.parent != nil && s.parent.seal != nil && s.parent.seal.Text == s.seal.Text {
		s.seal.made = s.parent.seal.made
	}
	for _, name := range s.seal.Sealed {
		s.stored = append(s.stored, stored{name: name, text: s.seal.Text, sealed: true})
	}
	sortStored(s.stored)
}

// remember updates the truth with what the operation wrote.
func (p *search) remember(n *state) {
	if n.parent != nil {
		n.truth = p.raised(n.step.by, n.truth, n.parent.doc.Model, n.doc.Model)
	}
	if n.step.op.remember != nil {
		n.step.op.remember(p, n)
	}
}

func (p *search) rememberCreate(n *state) {
	by := n.step.by
	for i := range by.fields {
		f := &by.fields[i]
		if text := n.step.given.Text(f.Name); text != "" {
			p.write(n, f, text)
		} else if !by.computes(f) {
			p.write(n, f, f.Default)
		}
	}
	for i := range p.functions {
		f := &p.functions[i]
		made := func(of field) bool { return of.fact == f.fact && by.computes(&of) }
		if n.truth[f.fact] == absent && !f.lacks(n.truth) && slices.ContainsFunc(by.fields, made) {
			n.truth[f.fact] = p.value(f, n.truth)
		}
	}
}

func (p *search) rememberChange(n *state) {
	before, c := slices.Clone(n.truth), n.step.change
	f := &n.step.by.fields[c.field]
	text := c.text
	if len(c.path) > 0 {
		text = edited(p.text(f, n.truth[f.fact]), c.path, c.text)
	}
	p.write(n, f, text)
	p.follow(n.doc.Model, before, n.truth, f.fact)
}

func (p *search) write(n *state, f *field, text string) {
	n.truth[f.fact] = absent
	if text != "" {
		n.truth[f.fact] = p.samples[f.fact].of(f.place, text)
	}
}

// raised returns the truth of a document that a release brings up from one model
// to another, step by step: each step fills in constants first, and computes from
// them.
func (p *search) raised(rel *simRelease, truth []int, from, to int) []int {
	for model := from + 1; model <= min(to, len(rel.typ.Models)); model++ {
		m := &rel.typ.Models[model-1]
		before := truth
		truth = slices.Clone(truth)
		for _, b := range m.Backfill {
			at := place{model, b.Name}
			if fact, ok := p.local[at]; ok && truth[fact] == absent {
				truth[fact] = p.samples[fact].of(at, b.Value)
			}
		}
		p.follow(model, before, truth, absent)
		for _, c := range m.Computed {
			if f := p.function(place{model, c.Name}); truth[f.fact] == absent && !f.lacks(truth) {
				truth[f.fact] = p.value(f, truth)
			}
		}
	}
	return truth
}

// split returns the attributes of a document, sorted by name. The runtime wrote
// them, so they are a compact JSON object.
func split(text []byte) []stored {
	var list []stored
	for i := 1; i < len(text)-1; {
		colon := end(text, i)
		stop := end(text, colon+1)
		name := string(text[i+1 : colon-1])
		if strings.Contains(name, `\`) {
			_ = json.Unmarshal(text[i:colon], &name) // it is a valid string
		}
		list = append(list, stored{name: name, text: string(text[colon+1 : stop])})
		i = stop + 1
	}
	sortStored(list)
	return list
}

func sortStored(list []stored) {
	slices.SortFunc(list, func(a, b stored) int { return strings.Compare(a.name, b.name) })
}

// end returns the end of the value that begins at i.
func end(text []byte, i int) int {
	depth := 0
	for ; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',', ':':
			if depth == 0 {
				return i
			}
		}
	}
	return i
}

// sealed reports whether a stored value is a ciphertext of the kibana format, or a
// seal of the native one: a base64 string that is long enough.
func sealed(text string) bool {
	const shortest = 124 // of 93 bytes: salt, iv, tag and one more
	if len(text) < shortest+2 || text[0] != '"' {
		return false
	}
	_, err := base64.StdEncoding.DecodeString(text[1 : len(text)-1])
	return err == nil
}

// find returns what is stored under a name, or nil.
func (s *state) find(name string) *stored {
	for i := range s.stored {
		if s.stored[i].name == name {
			return &s.stored[i]
		}
	}
	return nil
}

// signature returns what tells states apart: the model, what is stored and how,
// and what every release should see. A stored value counts as null, sealed or
// plaintext, and what should be seen as absent or as the class of its sample. The
// two need not be compared: if a release does not show what was written last, the
// search ends.
//
// The signature leaves out the additional data under which a secret was sealed.
// The search goes on only from documents that every live release opens. So the
// data are what each of them derives from the document: they follow from the rest
// of the signature, apart from the names that a seal lists, which depend on who
// sealed first.
func (p *search) signature(s *state) string {
	var b bytes.Buffer
	b.WriteByte(byte(s.doc.Model))
	for _, at := range s.stored {
		b.WriteString(at.name)
		b.WriteByte(0)
		switch {
		case at.text == "null":
			b.WriteByte('n')
		case at.sealed:
			b.WriteByte('s')
		default:
			b.WriteByte('c')
		}
	}
	if s.seal != nil {
		for _, name := range s.seal.Bound {
			b.WriteByte('b')
			b.WriteString(name)
		}
	}
	for i := range p.functions {
		if f := &p.functions[i]; s.truth[f.fact] != absent && !p.agrees(f, s.truth) {
			b.WriteByte('h') // set by hand
		}
	}
	for fact, sample := range s.truth {
		switch {
		case !p.matters(s, fact):
			b.WriteByte('x')
		case sample == absent:
			b.WriteByte('a')
		default:
			b.WriteString(p.samples[fact].classes[sample])
		}
	}
	return b.String()
}

// matters reports whether a live release shows the fact.
func (p *search) matters(s *state, fact int) bool {
	for _, rel := range p.live {
		for i := range rel.fields {
			if f := &rel.fields[i]; f.fact == fact && !rel.mayLack(f, s.doc.Model) {
				return true
			}
		}
	}
	return false
}
