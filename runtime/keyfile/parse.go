package keyfile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// Inspect returns what a key file shows without its wrapping key. Nothing vouches
// for it: only [Read] and [Open] verify a file.
//
// The error wraps [eso.ErrMalformed] or [eso.ErrTooLarge], and holds nothing of
// the text but ids of keys and names of namespaces.
func Inspect(text []byte) (Info, error) {
	c, _, err := parse(text)
	if err != nil {
		return Info{}, err
	}
	return c.info(), nil
}

// IsKeyFile reports whether a text claims to be a key file, of this or another
// version: it is a JSON object whose "format" begins with "esogen-keys/". A plain
// file of passphrases ([eso.ParseKeys]) is not.
func IsKeyFile(text []byte) bool {
	if len(text) > MaxSize {
		return false
	}
	found := false
	r := newReader(text)
	r.object(func(name string) bool {
		if name == "format" && r.s.Next() == '"' {
			found = strings.HasPrefix(r.text(), formatFamily)
			return true
		}
		r.s.Value()
		return true
	})
	return found && r.err("") == nil
}

const formatFamily = "esogen-keys/"

// parse reads a key file, whose MAC it returns beside the content and does not
// verify.
func parse(text []byte) (*content, [macSize]byte, error) {
	var mac [macSize]byte
	if len(text) > MaxSize {
		return nil, mac, errorf("%w: more than %d bytes", eso.ErrTooLarge, MaxSize)
	}
	if !utf8.Valid(text) {
		return nil, mac, malformed("not valid UTF-8")
	}
	c, r, format, given := &content{generation: -1}, newReader(text), "", []byte(nil)
	seen := r.members(map[string]func(){
		"format":     func() { format = r.text() },
		"file":       func() { c.fileID = r.text() },
		"generation": func() { c.generation = r.integer() },
		"wrapper": func() {
			r.required(r.members(map[string]func(){
				"id":      func() { c.wrapperID = r.text() },
				"wrapped": func() { c.wrapped = r.bytes() },
			}), "id", "wrapped")
		},
		"keys":     func() { r.list(func() { c.rows = append(c.rows, r.key()) }) },
		"retired":  func() { r.list(func() { c.retired = append(c.retired, r.retired()) }) },
		"shredded": func() { r.list(func() { c.shredded = append(c.shredded, r.shredded()) }) },
		"mac":      func() { given = r.bytes() },
	})
	r.s.End()
	if format != Format && strings.HasPrefix(format, formatFamily) {
		return nil, mac, malformed("format %q is not known to this release", fault.Clip(format))
	}
	r.required(seen, "format", "file", "generation", "wrapper", "keys", "retired", "shredded", "mac")
	if err := r.err(format); err != nil {
		return nil, mac, err
	}
	switch {
	case !isWrapperID(c.wrapperID):
		return nil, mac, malformed("wrapper: not an id of 1 to %d printable characters of ASCII", maxWrapperID)
	case len(c.wrapped) == 0 || len(c.wrapped) > MaxWrapped:
		return nil, mac, malformed("wrapper: what is wrapped has 1 to %d bytes", MaxWrapped)
	case len(given) != macSize:
		return nil, mac, malformed(`"mac" has another length than %d bytes`, macSize)
	case c.generation < 1:
		return nil, mac, malformed(`"generation" is not an integer from 1 to 2^53 - 1`)
	}
	copy(mac[:], given)
	return c, mac, c.validate()
}

// reader reads the values of a key file. After the first failure, all further
// values are zero.
type reader struct {
	s     jsontext.Scanner
	place []string // where a value is being read
	at    string   // where the first failure is
}

func newReader(text []byte) *reader {
	r := &reader{}
	r.s.Text = string(bytes.TrimPrefix(text, []byte("\ufeff")))
	r.s.Secret = true // a plain file of passphrases may be read by mistake
	r.s.Space()
	return r
}

// err returns what is wrong, and holds nothing of the text.
func (r *reader) err(format string) error {
	if r.s.Fault == nil {
		return nil
	}
	reason := "not valid JSON"
	var d *fault.Defect
	if errors.As(error(r.s.Fault), &d) {
		reason = d.Reason
	}
	if r.at != "" {
		reason = r.at + ": " + reason
	}
	if format != Format {
		reason += `; a key file is made by "esogen keys make"`
	}
	return malformed("%s", reason)
}

func (r *reader) fail(reason string) { r.s.Fail(r.s.Pos, reason) }

func (r *reader) note() {
	if r.s.Fault != nil && r.at == "" {
		r.at = strings.Join(r.place, ": ")
	}
}

// object reads an object. It calls member at the value of each member, which reads
// it, and returns false if there is none of that name.
func (r *reader) object(member func(name string) bool) {
	s := &r.s
	defer r.note()
	if s.Next() != '{' {
		r.fail("not an object")
	}
	if s.Fault != nil || !s.Enter() {
		return
	}
	first := len(s.Names)
	if s.Space(); s.Next() == '}' {
		s.Pos++
		s.Depth--
		return
	}
	for {
		_, name := s.Key()
		if s.Fault == nil {
			s.Add(first, name)
		}
		if s.Fault == nil && !member(name) {
			r.fail("an unknown member")
		}
		if s.Fault != nil {
			return
		}
		s.Space()
		switch s.Next() {
		case ',':
			s.Pos++
			s.Space()
		case '}':
			s.Pos++
			s.Depth--
			s.Forget(first)
			return
		default:
			s.Broken()
			return
		}
	}
}

// members reads an object of these members, and returns the names that it has.
func (r *reader) members(known map[string]func()) map[string]bool {
	seen := make(map[string]bool, len(known))
	r.object(func(name string) bool {
		read, ok := known[name]
		if !ok {
			return false
		}
		seen[name] = true
		r.place = append(r.place, fmt.Sprintf("%q", name))
		read()
		r.note()
		r.place = r.place[:len(r.place)-1]
		return true
	})
	return seen
}

func (r *reader) required(seen map[string]bool, names ...string) {
	for _, name := range names {
		if r.s.Fault == nil && !seen[name] {
			r.fail(fmt.Sprintf("%q is missing", name))
			r.note()
		}
	}
}

// list reads a list of at most MaxKeys items.
func (r *reader) list(item func()) {
	s := &r.s
	if s.Next() != '[' {
		r.fail("not a list")
	}
	if s.Fault != nil || !s.Enter() {
		return
	}
	if s.Space(); s.Next() == ']' {
		s.Pos++
		s.Depth--
		return
	}
	for count := 1; ; count++ {
		if count > MaxKeys {
			r.fail(fmt.Sprintf("more than %d items", MaxKeys))
			return
		}
		r.place = append(r.place, fmt.Sprintf("item %d", count))
		item()
		r.note()
		r.place = r.place[:len(r.place)-1]
		if s.Fault != nil {
			return
		}
		s.Space()
		switch s.Next() {
		case ',':
			s.Pos++
			s.Space()
		case ']':
			s.Pos++
			s.Depth--
			return
		default:
			s.Broken()
			return
		}
	}
}

func (r *reader) text() string {
	if r.s.Next() != '"' {
		r.fail("not a string")
		return ""
	}
	content, escaped := r.s.StringToken()
	if escaped {
		content = jsontext.NameOf(`"` + content + `"`) // which keeps a lone surrogate apart
	}
	return strings.Clone(content)
}

func (r *reader) bytes() []byte {
	b, ok := jsontext.DecodeBase64(r.text())
	if !ok {
		r.fail("not strict base64")
	}
	return b
}

func (r *reader) time() time.Time {
	t, ok := parseTime(r.text())
	if !ok {
		r.fail("not a time like 2026-11-30T09:00:00Z")
	}
	return t
}

func (r *reader) integer() int64 {
	if c := r.s.Next(); c < '0' || c > '9' {
		r.fail("not a positive integer")
		return 0
	}
	n, ok := jsontext.ParseInteger(r.s.NumberToken())
	if !ok || n > maxGeneration {
		r.fail("not an integer up to 2^53 - 1")
	}
	return n
}

func (r *reader) key() row {
	var k row
	r.required(r.members(map[string]func(){
		"id":        func() { k.ID = r.text() },
		"kind":      func() { k.Kind = Kind(r.text()) },
		"namespace": func() { k.Namespace = r.nonEmpty() },
		"primary":   func() { k.Primary = r.s.Word("true") },
		"made":      func() { k.Made = r.time() },
		"check":     func() { k.Check = r.text() },
		"sealed":    func() { k.sealed = r.bytes() },
	}), "id", "kind", "made", "check", "sealed")
	return k
}

func (r *reader) retired() RetiredKey {
	var k RetiredKey
	r.required(r.members(map[string]func(){
		"id":        func() { k.ID = r.text() },
		"namespace": func() { k.Namespace = r.nonEmpty() },
		"at":        func() { k.At = r.time() },
	}), "id", "at")
	return k
}

func (r *reader) shredded() ShreddedNamespace {
	var n ShreddedNamespace
	r.required(r.members(map[string]func(){
		"namespace": func() { n.Namespace = r.nonEmpty() },
		"keys":      func() { r.list(func() { n.KeyIDs = append(n.KeyIDs, r.text()) }) },
		"at":        func() { n.At = r.time() },
		"state":     func() { n.State = State(r.text()) },
	}), "namespace", "keys", "at", "state")
	return n
}

func (r *reader) nonEmpty() string {
	text := r.text()
	if text == "" {
		r.fail("empty; leave it out")
	}
	return text
}
