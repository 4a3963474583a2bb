// Package codec reads and writes the attributes of documents for generated code:
// a [Reader] and a [Writer], driven field by field, without reflection. The Writer
// merges with the stored text, so that what did not change keeps its bytes, and
// what a release does not know survives.
//
// The types in the structs of products live here too, because the codec makes
// them: [Secret], [Null], [JSON], [Change], [PatchOf], [Filter]. Package eso has
// aliases of those, package esoimpl of what generated code calls.
package codec

import (
	"slices"
	"sync"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// Reader reads one JSON object into the fields of a struct, in one pass that
// validates everything. Generated code drives it:
//
//	d.Object()
//	for d.Member() {
//		switch d.Name() {
//		case "title":
//			d.Once(0)
//			x.Title = d.String()
//		default:
//			d.Unknown()
//		}
//	}
//	x.source = d.Source()
//
// The first error stays: after it every method returns a zero value and every
// loop ends. Strings that a Reader returns share the memory of the text that it
// reads. A Reader serves one goroutine, and only during the call to which it
// was handed.
type Reader struct {
	in      jsontext.Scanner
	nesting           // of the object that is being read
	outer   []nesting // of those around it
	seen    uint64    // known members of the object, by number
	many    []uint64  // known members beyond the 64th, of all objects
	fresh   bool      // an object or list was just begun: no comma is due

	name        string // of the member, where it does not stand in text at nameBegin
	nameBegin   int
	nameEnd     int     // 0: see name
	begun, done int     // where the object began and ended whose Member returned false last
	whole       *string // the text, for the Sources of the objects in it

	// Where the attributes of a document are read that were taken apart before,
	// text is the value of one of them after the other.
	split   bool
	members Members
	place   int

	secrets []string // names at the top that were read as secrets
}

// frame is what is remembered of an object while it is read.
type nesting struct {
	begin     int    // its offset
	first     int    // of its unknown names
	firstMany int    // of its known members beyond the 64th
	outerSeen uint64 // known members of the object around it
}

func (d *Reader) reset(text string) {
	d.in.Text, d.whole = text, nil
	if len(text) > fault.MaxSize {
		d.in.Fault, d.in.Text = fault.TooLarge(), ""
		return
	}
	d.in.Space()
}

// NewReader returns a reader of the attributes of a document. Secrets
// among them are shown to ReadSecret unless they are hidden, and none enters the
// Source of the object.
func NewReader(ms Members) *Reader {
	return &Reader{members: ms, split: true}
}

// readValue reads the text of one value of an attribute, which may be a secret:
// the error, a [*fault.Error], does not say where in it something is wrong.
func readValue[T any](text string, read func(*Reader) T) (T, error) {
	d := &Reader{}
	d.in.Secret = true
	d.reset(text)
	v := read(d)
	d.in.End()
	if d.in.Fault != nil {
		var none T
		d.in.Fault.Attribute = ""
		return none, d.Err()
	}
	return v, nil
}

var decoders = sync.Pool{New: func() any { return new(Reader) }}

// Unmarshal reads one JSON object. What the object has at places of secrets is
// not kept: they come out stripped. The error is a [*fault.Error] with the attribute,
// and wraps ErrMalformed or ErrTooLarge.
func Unmarshal(data []byte, read func(*Reader)) error {
	d := decoders.Get().(*Reader)
	d.reset(string(data))
	read(d)
	d.in.End()
	err := d.Err()
	d.reuse()
	return err
}

// reuse readies the reader for the next text. It keeps nothing of this one
// alive.
func (d *Reader) reuse() {
	if d.in.Fault != nil || cap(d.in.Names) > maxSpareNames {
		return // what is half read, or large, is not worth the care
	}
	clear(d.in.Names[:cap(d.in.Names)])
	clear(d.secrets)
	d.secrets = d.secrets[:0]
	d.in.Text, d.in.Pos, d.name, d.nameEnd, d.nesting = "", 0, "", 0, nesting{}
	decoders.Put(d)
}

const maxSpareNames = 1024

// Err returns the first error, with the attribute.
func (d *Reader) Err() error {
	if d.in.Fault == nil {
		return nil
	}
	return d.in.Fault
}

// wrong records that a value is not of the kind that is wanted.
func (d *Reader) wrong(want string) {
	if d.in.Pos >= len(d.in.Text) {
		d.in.Broken()
		return
	}
	d.in.Fail(d.in.Pos, "want "+want+", found "+jsontext.KindOf(d.in.Text[d.in.Pos:]))
}

// Object begins to read an object.
func (d *Reader) Object() {
	d.outer = append(d.outer, d.nesting)
	d.nesting = nesting{begin: d.in.Pos, first: len(d.in.Names), firstMany: len(d.many), outerSeen: d.seen}
	d.seen = 0
	d.fresh = true
	if d.split && d.in.Depth == 0 {
		d.in.Depth = 1
		return
	}
	if d.in.Next() != '{' {
		d.wrong("an object")
		return
	}
	d.in.Enter()
}

// Member goes to the next member of the object, and returns false at its end.
// The value must be read, or passed with Unknown, before the next call.
func (d *Reader) Member() bool {
	if d.split && d.in.Depth == 1 {
		return d.nextAttribute()
	}
	// Most names stand plainly behind a comma, nothing around them.
	text, i := d.in.Text, d.in.Pos
	if i < len(text) && text[i] == ',' && !d.fresh {
		i++
	}
	if i < len(text) && text[i] == '"' && (d.fresh || i > d.in.Pos) {
		end := jsontext.PlainRun(text, i+1)
		if end+2 < len(text) && text[end] == '"' && text[end+1] == ':' && text[end+2] > ' ' {
			d.nameBegin, d.nameEnd = i+1, end
			d.in.Pos, d.fresh = end+2, false
			return true
		}
	}
	return d.anyMember()
}

func (d *Reader) anyMember() bool {
	if !d.another('}') {
		d.leave()
		return false
	}
	_, d.name = d.in.Key()
	d.nameEnd = 0
	return d.in.Fault == nil
}

// another goes to what follows in an object or list, or to its end.
func (d *Reader) another(closing byte) bool {
	text, i := d.in.Text, d.in.Pos
	if i+1 < len(text) && text[i] == ',' && text[i+1] > ' ' && !d.fresh {
		d.in.Pos++
		return true
	}
	d.in.Space()
	switch c := d.in.Next(); {
	case c == closing:
		d.in.Pos++
		d.in.Depth--
		d.fresh = false
		return false
	case d.fresh:
		d.fresh = false
	case c == ',':
		d.in.Pos++
		d.in.Space()
	default:
		d.in.Broken()
	}
	return d.in.Fault == nil
}

// leave returns from an object to the one around it.
func (d *Reader) leave() {
	if d.in.Fault != nil {
		return
	}
	d.in.Forget(d.first)
	d.begun, d.done = d.begin, d.in.Pos
	d.many = d.many[:d.firstMany]
	d.seen = d.outerSeen
	last := len(d.outer) - 1
	d.nesting = d.outer[last]
	d.outer = d.outer[:last]
}

// nextAttribute is Member for the attributes of a document that were taken
// apart before.
func (d *Reader) nextAttribute() bool {
	d.in.End()
	if d.in.Fault != nil {
		return false
	}
	if d.place == len(d.members) {
		d.in.Text, d.in.Pos, d.in.Attribute, d.in.Secret = "", 0, "", false
		d.in.Depth, d.fresh = 0, false
		d.leave()
		return false
	}
	m := &d.members[d.place]
	d.place++
	d.in.Text, d.in.Pos, d.in.Attribute, d.in.Secret = m.Raw, 0, m.Name, m.Secret || m.Hidden
	d.name, d.nameEnd = m.Name, 0
	d.in.Space()
	return true
}

// Name returns the name of the member.
func (d *Reader) Name() string {
	if d.nameEnd == 0 || d.nameEnd > len(d.in.Text) {
		return d.name
	}
	return d.in.Text[d.nameBegin:d.nameEnd]
}

// Once marks the member as known, as the i-th one. It is an error if it
// was there before.
func (d *Reader) Once(i uint) {
	if bit := uint64(1) << i; bit&^d.seen != 0 { // it is 0 beyond the 64th
		d.seen |= bit
		return
	}
	d.again(i)
}

func (d *Reader) again(i uint) {
	if i < 64 {
		d.in.Twice()
		return
	}
	word := d.firstMany + int(i/64) - 1
	for len(d.many) <= word {
		d.many = append(d.many, 0)
	}
	if d.many[word]&(1<<(i%64)) != 0 {
		d.in.Twice()
	}
	d.many[word] |= 1 << (i % 64)
}

// Unknown passes a member that the struct has no field for. It stays in the
// Source.
func (d *Reader) Unknown() {
	d.in.Add(d.first, d.Name())
	d.in.Value()
}

// Source returns the object whose Member just returned false.
func (d *Reader) Source() Source {
	switch {
	case d.in.Fault != nil:
		return Source{}
	case d.in.Depth == 0 && d.split:
		return d.withoutSecrets(d.members)
	case d.in.Depth == 0 && len(d.secrets) > 0:
		var ms Members
		text := d.in.Text[d.begun:d.done]
		for key, value, _ := jsontext.NextMember(text, 0); key.End > 0; key, value, _ = jsontext.NextMember(text, value.End) {
			ms = append(ms, Member{Name: jsontext.NameOf(key.Of(text)), Raw: value.Of(text), Key: key.Of(text)})
		}
		return d.withoutSecrets(ms)
	}
	if d.whole == nil || *d.whole != d.in.Text {
		text := d.in.Text
		d.whole = &text
	}
	return Source{d.whole, d.begun, d.done}
}

func (d *Reader) withoutSecrets(ms Members) Source {
	size := len("{}")
	for i := range ms {
		size += len(ms[i].Name) + len(ms[i].Raw) + len(`"":,`)
	}
	text := append(make([]byte, 0, size), '{')
	for i := range ms {
		m := &ms[i]
		if m.Hidden || m.Secret || slices.Contains(d.secrets, m.Name) {
			continue
		}
		text = m.Append(text)
	}
	return sourceOf(string(append(text, '}')))
}
