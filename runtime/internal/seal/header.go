package seal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/esogen/esogen/runtime/internal/fault"
)

// The header of a seal:
//
//	version[1] | suite[1] | length[1] key id | salt[32] | commitment[32]
//	| model[4] | namespace[1] | bound names | sealed names
//
// The byte namespace is 1 if the namespace is bound, else 0. Version 1 does not
// have it: there the namespace is bound for types of kind single. Numbers are
// big-endian. A list of names is a count[2], and for each name a length[2] and its
// UTF-8. Names are sorted by their bytes, and none comes twice, in one list or in
// both. So one header has one form.

const (
	Version    = 2 // what is written
	OldVersion = 1 // what is read too

	// nativeSuite is HMAC-SHA-256 to derive, AES-256-GCM to seal. Another suite
	// would be another number, and no key serves two.
	nativeSuite = 1
)

// Versions returns the versions of the header that are read, ascending, and the
// one that is written.
func Versions() (reads []int, writes int) { return []int{OldVersion, Version}, Version }

// Header says how a seal was made, and of what.
type Header struct {
	Version    byte
	KeyID      string
	Salt       [32]byte
	Commitment [32]byte
	Model      int
	Namespaced bool     // the namespace is bound; OldVersion does not say
	Bound      []string // sorted names
	Sealed     []string // sorted names

	committed bool // it was parsed, and so has its commitment
}

// append appends the header, with the names of the texts.
func (h *Header) append(dst []byte, bound, sealed []Text) ([]byte, error) {
	dst = append(dst, h.Version, nativeSuite, byte(len(h.KeyID)))
	dst = append(dst, h.KeyID...)
	dst = append(dst, h.Salt[:]...)
	dst = append(dst, h.Commitment[:]...)
	dst = binary.BigEndian.AppendUint32(dst, uint32(h.Model))
	switch {
	case h.Version == OldVersion:
	case h.Namespaced:
		dst = append(dst, 1)
	default:
		dst = append(dst, 0)
	}
	for _, list := range [...][]Text{bound, sealed} {
		if len(list) > math.MaxUint16 {
			return dst, fmt.Errorf("%w: more than %d names in a seal", fault.ErrTooLarge, math.MaxUint16)
		}
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(list)))
		for _, t := range list {
			if len(t.Name) > math.MaxUint16 {
				return dst, fmt.Errorf("%w: a name of more than %d bytes in a seal", fault.ErrTooLarge, math.MaxUint16)
			}
			if !utf8.ValidString(t.Name) {
				return dst, fmt.Errorf("%w: a name that is not UTF-8 in a seal", fault.ErrInvalid)
			}
			dst = binary.BigEndian.AppendUint16(dst, uint16(len(t.Name)))
			dst = append(dst, t.Name...)
		}
	}
	return dst, nil
}

// parse reads the header at the start of data, strictly, and returns its length.
// The names share the memory of data.
func (h *Header) parse(data string) (size int, err error) {
	r := headerReader{rest: data}
	version, suite := r.number(1), r.number(1)
	if !r.short && (version < OldVersion || version > Version || suite != nativeSuite) {
		return 0, fmt.Errorf("a seal of version %d, suite %d, which this release does not know", version, suite)
	}
	h.Version = byte(version)
	h.KeyID = r.take(r.number(1))
	copy(h.Salt[:], r.take(len(h.Salt)))
	copy(h.Commitment[:], r.take(len(h.Commitment)))
	h.committed = true
	h.Model = r.number(4)
	namespace := 0
	if version != OldVersion {
		namespace = r.number(1)
	}
	h.Namespaced = namespace == 1
	h.Bound = r.names()
	h.Sealed = r.names()
	switch {
	case r.short:
		return 0, errors.New("too short for a seal")
	case CheckKeyID(h.KeyID) != nil:
		return 0, errors.New("a seal without a proper key id")
	case h.Model < 1 || h.Model > fault.MaxModel:
		return 0, errors.New("a seal of no model")
	case namespace > 1:
		return 0, errors.New("a seal that does not say whether the namespace is bound")
	}
	if err := checkNames(h.Bound, h.Sealed); err != nil {
		return 0, err
	}
	return len(data) - len(r.rest), nil
}

// headerReader reads the parts of a header. Once it is short of data, all further
// parts are empty.
type headerReader struct {
	rest  string
	short bool
}

func (r *headerReader) take(size int) string {
	if size > len(r.rest) {
		r.rest, r.short = "", true
		return ""
	}
	taken := r.rest[:size]
	r.rest = r.rest[size:]
	return taken
}

func (r *headerReader) number(size int) (n int) {
	taken := r.take(size)
	for i := range len(taken) {
		n = n<<8 | int(taken[i])
	}
	return n
}

func (r *headerReader) names() []string {
	count := r.number(2)
	names := make([]string, 0, min(count, len(r.rest)/2))
	for range count {
		if names = append(names, r.take(r.number(2))); r.short {
			return nil
		}
	}
	return names
}

// checkNames checks that the names are names of attributes, sorted, and that none
// comes twice.
func checkNames(bound, sealed []string) error {
	for _, names := range [...][]string{bound, sealed} {
		for i, name := range names {
			if !utf8.ValidString(name) || name == Attribute {
				return errors.New("a seal that lists a name that no attribute has")
			}
			if i > 0 && names[i-1] >= name {
				return errors.New("a seal whose names are not in order")
			}
		}
	}
	for _, name := range sealed {
		if _, both := slices.BinarySearch(bound, name); both {
			return errors.New("a seal that lists a name twice")
		}
	}
	return nil
}

// Binds reports whether the header lists a name as bound. A nil seal binds
// nothing.
func (s *Native) Binds(name string) bool {
	if s == nil {
		return false
	}
	_, found := slices.BinarySearch(s.Bound, name)
	return found
}

// Seals reports whether the header lists a name as sealed. A nil seal seals
// nothing.
func (s *Native) Seals(name string) bool {
	if s == nil {
		return false
	}
	_, found := slices.BinarySearch(s.Sealed, name)
	return found
}

// MaxKeyID is the greatest length of the id of a key.
const MaxKeyID = 64

// CheckKeyID checks that an id is one that a header takes: it has 1 to 64
// characters of a few that need no escape anywhere.
func CheckKeyID(id string) error {
	if len(id) == 0 || len(id) > MaxKeyID {
		return fmt.Errorf("an id has 1 to %d characters", MaxKeyID)
	}
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '.', c == '_', c == ':', c == '/', c == '-':
		default:
			return errors.New(`an id has letters and digits of ASCII, ".", "_", ":", "/" and "-"`)
		}
	}
	return nil
}
