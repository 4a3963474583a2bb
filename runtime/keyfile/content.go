package keyfile

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/internal/keycheck"
	"github.com/esogen/esogen/runtime/internal/seal"
)

// content is what a key file says, but for its MAC.
type content struct {
	fileID     string
	generation int64
	wrapperID  string
	wrapped    []byte
	rows       []row
	retired    []RetiredKey
	shredded   []ShreddedNamespace
}

// row is a key of a key file.
type row struct {
	KeyInfo
	sealed []byte
}

const (
	gcmOverhead   = 12 + 16 // nonce and tag
	nativeSize    = 32
	minPassphrase = 32
	maxWrapperID  = 512
	maxGeneration = 1<<53 - 1
	timeLayout    = "2006-01-02T15:04:05Z"
)

// additional returns what a key is sealed with.
func (r *row) additional(fileID string) []byte {
	ad := appendField(nil, labelSeal)
	ad = appendField(ad, fileID)
	ad = appendField(ad, r.ID)
	ad = appendField(ad, r.Kind)
	return appendField(ad, r.Namespace)
}

// message returns what the MAC of a file is over.
func (c *content) message() []byte {
	m := make([]byte, 0, 1024+256*len(c.rows))
	m = appendField(m, labelMAC)
	m = appendField(m, c.fileID)
	m = binary.BigEndian.AppendUint64(m, uint64(c.generation))
	m = appendField(m, c.wrapperID)
	m = appendField(m, c.wrapped)
	m = binary.BigEndian.AppendUint32(m, uint32(len(c.rows)))
	for i := range c.rows {
		r := &c.rows[i]
		m = appendField(m, r.ID)
		m = appendField(m, r.Kind)
		m = appendField(m, r.Namespace)
		if r.Primary {
			m = append(m, 1)
		} else {
			m = append(m, 0)
		}
		m = appendField(m, formatTime(r.Made))
		m = appendField(m, r.Check)
		m = appendField(m, r.sealed)
	}
	m = binary.BigEndian.AppendUint32(m, uint32(len(c.retired)))
	for _, r := range c.retired {
		m = appendField(m, r.ID)
		m = appendField(m, r.Namespace)
		m = appendField(m, formatTime(r.At))
	}
	m = binary.BigEndian.AppendUint32(m, uint32(len(c.shredded)))
	for _, s := range c.shredded {
		m = appendField(m, s.Namespace)
		m = binary.BigEndian.AppendUint32(m, uint32(len(s.KeyIDs)))
		for _, id := range s.KeyIDs {
			m = appendField(m, id)
		}
		m = appendField(m, formatTime(s.At))
		m = appendField(m, s.State)
	}
	return m
}

// text returns the file. Nothing in it needs an escape but what %q escapes in
// printable ASCII, quotes and backslashes of the wrapper's id, as JSON does.
func (c *content) text(mac [macSize]byte) []byte {
	b64 := base64.StdEncoding.EncodeToString
	b := make([]byte, 0, 1024+320*len(c.rows))
	b = fmt.Appendf(b, "{\n  \"format\": %q,\n  \"file\": %q,\n  \"generation\": %d,\n", Format, c.fileID, c.generation)
	b = fmt.Appendf(b, "  \"wrapper\": {\"id\": %q, \"wrapped\": %q},\n  \"keys\": [", c.wrapperID, b64(c.wrapped))
	for i := range c.rows {
		r := &c.rows[i]
		b = nextLine(b, i)
		b = fmt.Appendf(b, "{\"id\": %q, \"kind\": %q", r.ID, string(r.Kind))
		if r.Namespace != "" {
			b = fmt.Appendf(b, ", \"namespace\": %q", r.Namespace)
		}
		if r.Primary {
			b = append(b, ", \"primary\": true"...)
		}
		b = fmt.Appendf(b, ", \"made\": %q, \"check\": %q, \"sealed\": %q}", formatTime(r.Made), r.Check, b64(r.sealed))
	}
	b = append(b, "\n  ],\n  \"retired\": ["...)
	for i, r := range c.retired {
		b = nextLine(b, i)
		b = fmt.Appendf(b, "{\"id\": %q", r.ID)
		if r.Namespace != "" {
			b = fmt.Appendf(b, ", \"namespace\": %q", r.Namespace)
		}
		b = fmt.Appendf(b, ", \"at\": %q}", formatTime(r.At))
	}
	b = endOfLines(b, len(c.retired))
	b = append(b, ",\n  \"shredded\": ["...)
	for i, s := range c.shredded {
		b = nextLine(b, i)
		b = fmt.Appendf(b, "{\"namespace\": %q, \"keys\": [\"%s\"], \"at\": %q, \"state\": %q}",
			s.Namespace, strings.Join(s.KeyIDs, `", "`), formatTime(s.At), string(s.State))
	}
	b = endOfLines(b, len(c.shredded))
	return fmt.Appendf(b, ",\n  \"mac\": %q\n}\n", b64(mac[:]))
}

func nextLine(b []byte, i int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return append(b, "\n    "...)
}

func endOfLines(b []byte, count int) []byte {
	if count > 0 {
		b = append(b, "\n  "...)
	}
	return append(b, ']')
}

func formatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

func parseTime(text string) (time.Time, bool) {
	t, err := time.Parse(timeLayout, text)
	return t, err == nil && formatTime(t) == text
}

// info returns what the content shows. The caller may change it.
func (c *content) info() Info {
	i := Info{
		FileID: c.fileID, Generation: c.generation, WrapperID: c.wrapperID,
		Keys: make([]KeyInfo, len(c.rows)), Retired: slices.Clone(c.retired), Shredded: slices.Clone(c.shredded),
	}
	for n, r := range c.rows {
		i.Keys[n] = r.KeyInfo
	}
	for n := range i.Shredded {
		i.Shredded[n].KeyIDs = slices.Clone(i.Shredded[n].KeyIDs)
	}
	return i
}

// validate checks the rules of a key file, those that need no key. Its errors say
// what is wrong, and name ids only if they are ids.
func (c *content) validate() error {
	switch {
	case seal.CheckKeyID(c.fileID) != nil:
		return malformed(`"file" is not an id`)
	case c.generation > maxGeneration:
		return malformed(`"generation" is not an integer from 1 to 2^53 - 1`)
	case len(c.rows) > MaxKeys:
		return errorf("%w: more than %d keys", eso.ErrTooLarge, MaxKeys)
	case len(c.retired) > MaxKeys:
		return errorf("%w: more than %d retired keys", eso.ErrTooLarge, MaxKeys)
	}
	ids, primaries := make(map[string]bool, len(c.rows)), map[string]string{}
	for i := range c.rows {
		r := &c.rows[i]
		if err := r.validate(); err != nil {
			return malformed("key %d: %w", i+1, err)
		}
		if ids[r.ID] {
			return malformed("key %d: the id %q is taken", i+1, r.ID)
		}
		ids[r.ID] = true
		if !r.Primary {
			continue
		}
		if other, twice := primaries[r.Namespace]; twice {
			return malformed("key %d: %q is primary too", i+1, other)
		}
		primaries[r.Namespace] = r.ID
	}
	if primaries[""] == "" {
		return malformed("no key of the installation is primary")
	}
	for i, r := range c.retired {
		switch {
		case seal.CheckKeyID(r.ID) != nil:
			return malformed("retired key %d: not an id", i+1)
		case ids[r.ID]:
			return malformed("retired key %d: the id %q is taken", i+1, r.ID)
		case r.Namespace != "" && !isNamespace(r.Namespace):
			return malformed("retired key %d: not a namespace", i+1)
		}
		ids[r.ID] = true
	}
	return c.validateShredded(ids)
}

func (c *content) validateShredded(ids map[string]bool) error {
	shredded, count := map[string]bool{}, 0
	for i, s := range c.shredded {
		count += len(s.KeyIDs)
		switch {
		case count > MaxKeys:
			return errorf("%w: more than %d shredded keys", eso.ErrTooLarge, MaxKeys)
		case !isNamespace(s.Namespace):
			return malformed("shredded namespace %d: not a namespace", i+1)
		case shredded[s.Namespace]:
			return malformed("shredded namespace %d: %q is shredded twice", i+1, s.Namespace)
		case len(s.KeyIDs) == 0:
			return malformed("shredded namespace %d: no keys", i+1)
		case s.State != Recoverable && s.State != Destroyed:
			return malformed("shredded namespace %d: an unknown state", i+1)
		}
		shredded[s.Namespace] = true
		for _, id := range s.KeyIDs {
			switch {
			case seal.CheckKeyID(id) != nil:
				return malformed("shredded namespace %d: not the id of a key", i+1)
			case ids[id]:
				return malformed("shredded namespace %d: the id %q is taken", i+1, id)
			}
			ids[id] = true
		}
	}
	for _, r := range c.rows {
		if shredded[r.Namespace] {
			return malformed("key %q: its namespace is shredded", r.ID)
		}
	}
	return nil
}

func (r *row) validate() error {
	if err := seal.CheckKeyID(r.ID); err != nil {
		return err
	}
	if r.Namespace != "" && !isNamespace(r.Namespace) {
		return fmt.Errorf("not a namespace with keys of its own")
	}
	if _, ok := keycheck.Parse(r.Check); !ok {
		return fmt.Errorf("not a check value")
	}
	size := len(r.sealed) - gcmOverhead
	switch {
	case r.Kind == Native && size == nativeSize:
	case r.Kind == Passphrase && r.Namespace != "":
		return fmt.Errorf("a key of a namespace is native")
	case r.Kind == Passphrase && size >= minPassphrase && size <= MaxPassphrase:
	case r.Kind == Native || r.Kind == Passphrase:
		return fmt.Errorf("a sealed key of an impossible length")
	default:
		return fmt.Errorf("an unknown kind")
	}
	return nil
}

// isNamespace reports whether s is a namespace that can have keys of its own.
func isNamespace(s string) bool {
	return s != "default" && len(s) <= MaxNamespace && eso.IsNamespace(s)
}

func isWrapperID(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxWrapperID
}

func malformed(format string, args ...any) error {
	return errorf("%w: %w", eso.ErrMalformed, fmt.Errorf(format, args...))
}
