package keyfile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
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
	c, r, format, given := &content{}, newReader(text), "", []byte(nil)
	r.members(fileMembers, func(name string) {
		switch name {
		case "format":
			format = r.text()
		case "file":
			c.fileID = r.text()
		case "generation":
			c.generation = r.integer()
		case "wrapper":
			r.members(wrapperMembers, func(name string) {
				switch name {
				case "id":
					c.wrapperID = r.text()
				case "wrapped":
					c.wrapped = r.bytes()
				}
			})
		case "keys":
			r.list(func() { c.rows = append(c.rows, r.key()) })
		case "retired":
			r.list(func() { c.retired = append(c.retired, r.retired()) })
		case "shredded":
			r.list(func() { c.shredded = append(c.shredded, r.shredded()) })
		case "mac":
			given = r.bytes()
		}
	})
	r.s.End()
	if format != Format && strings.HasPrefix(format, formatFamily) {
		return nil, mac, malformed("format %q is not known to this release", fault.Clip(format))
	}
	if err := r.err(format); err != nil {
		return nil, mac, err
	}
	switch {
	case format != Format:
		return nil, mac, malformed("not a key file: %s", howMade)
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

const howMade = `"esogen keys make" makes one`

// The members of the objects of a key file. Those that end in "?" may be absent.
var (
	fileMembers     = []string{"format", "file", "generation", "wrapper", "keys", "retired", "shredded", "mac"}
	wrapperMembers  = []string{"id", "wrapped"}
	keyMembers      = []string{"id", "kind", "namespace?", "primary?", "made", "check", "sealed"}
	retiredMembers  = []string{"id", "namespace?", "at"}
	shreddedMembers = []string{"namespace", "keys", "at", "state"}
)

// reader reads the values of a key file. After the first failure, all further
// values are zero.
type reader struct {
	s     jsontext.Scanner
	place []step // where a value is being read
	at    string // where the first failure is
}

// step leads to a member, or to an item of a list.
type step struct {
	name  string
	index int
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
		reason += "; a key file is another thing: " + howMade
	}
	return malformed("%s", reason)
}

func (r *reader) fail(reason string) { r.s.Fail(r.s.Pos, reason) }

func (r *reader) note() {
	if r.s.Fault == nil || r.at != "" {
		return
	}
	var b strings.Builder
	for i, step := range r.place {
		if i > 0 {
			b.WriteString(": ")
		}
		if step.name != "" {
			fmt.Fprintf(&b, "%q", step.name)
		} else {
			fmt.Fprintf(&b, "item %d", step.index)
		}
	}
	r.at = b.String()
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

// members reads an object of these members. It calls read at the value of each.
func (r *reader) members(known []string, read func(name string)) {
	var seen uint
	r.object(func(name string) bool {
		i := slices.IndexFunc(known, func(k string) bool { return strings.TrimSuffix(k, "?") == name })
		if i < 0 {
			return false
		}
		seen |= 1 << i
		r.in(step{name: name}, func() { read(name) })
		return true
	})
	for i, name := range known {
		if r.s.Fault == nil && seen&(1<<i) == 0 && !strings.HasSuffix(name, "?") {
			r.fail(fmt.Sprintf("%q is missing", name))
			r.note()
		}
	}
}

// in reads what is at a step from here.
func (r *reader) in(s step, read func()) {
	r.place = append(r.place, s)
	read()
	r.note()
	r.place = r.place[:len(r.place)-1]
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
		r.in(step{index: count}, item)
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
	n, err := strconv.ParseInt(r.s.NumberToken(), 10, 64)
	if err != nil || n > maxGeneration {
		r.fail("not an integer up to 2^53 - 1")
	}
	return n
}

func (r *reader) key() (k row) {
	r.members(keyMembers, func(name string) {
		switch name {
		case "id":
			k.ID = r.text()
		case "kind":
			k.Kind = Kind(r.text())
		case "namespace":
			k.Namespace = r.nonEmpty()
		case "primary":
			k.Primary = r.s.Word("true")
		case "made":
			k.Made = r.time()
		case "check":
			k.Check = r.text()
		case "sealed":
			k.sealed = r.bytes()
		}
	})
	return k
}

func (r *reader) retired() (k RetiredKey) {
	r.members(retiredMembers, func(name string) {
		switch name {
		case "id":
			k.ID = r.text()
		case "namespace":
			k.Namespace = r.nonEmpty()
		case "at":
			k.At = r.time()
		}
	})
	return k
}

func (r *reader) shredded() (n ShreddedNamespace) {
	r.members(shreddedMembers, func(name string) {
		switch name {
		case "namespace":
			n.Namespace = r.text()
		case "keys":
			r.list(func() { n.KeyIDs = append(n.KeyIDs, r.text()) })
		case "at":
			n.At = r.time()
		case "state":
			n.State = State(r.text())
		}
	})
	return n
}

func (r *reader) nonEmpty() string {
	text := r.text()
	if text == "" {
		r.fail("empty; leave it out")
	}
	return text
}
