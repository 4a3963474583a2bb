package eso

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// The header of a seal:
//
//	version[1] | suite[1] | length[1] key id | salt[32] | commitment[32]
//	| model[4] | namespace[1] | bound names | sealed names
//
// The byte namespace is 1 where the namespace is bound, and else 0. Version 1
// does not have it: there the namespace is bound for types of kind single.
// Numbers are big-endian. A list of names is a count[2], and for each name a
// length[2] and its UTF-8. Names are sorted by their bytes, and none comes
// twice, in one list or in both. So one header has one form.

// SealVersions returns the versions of the header that this package reads,
// ascending, and the one that it writes. A release reads a new version before
// another one writes it: "esogen release" records both, "esogen check" compares
// them.
func SealVersions() (reads []int, writes int) {
	return []int{oldNativeVersion, nativeVersion}, nativeVersion
}

const (
	nativeVersion    = 2 // what is written
	oldNativeVersion = 1 // what is read besides

	// nativeSuite is HMAC-SHA-256 to derive, AES-256-GCM to seal. Another suite
	// would be another number, and no key serves two.
	nativeSuite = 1
)

// nativeHeader says how a seal was made, and of what.
type nativeHeader struct {
	version    byte
	keyID      string
	salt       [32]byte
	commitment [32]byte
	committed  bool // it was parsed, and so has its commitment
	model      int
	namespaced bool // the namespace is bound; version 1 does not say
	bound      []string
	sealed     []string
}

// append appends the header, with the names of the texts.
func (h *nativeHeader) append(dst []byte, bound, sealed []namedText) ([]byte, error) {
	dst = append(dst, h.version, nativeSuite, byte(len(h.keyID)))
	dst = append(dst, h.keyID...)
	dst = append(dst, h.salt[:]...)
	dst = append(dst, h.commitment[:]...)
	dst = binary.BigEndian.AppendUint32(dst, uint32(h.model))
	switch {
	case h.version == oldNativeVersion:
	case h.namespaced:
		dst = append(dst, 1)
	default:
		dst = append(dst, 0)
	}
	for _, list := range [...][]namedText{bound, sealed} {
		if len(list) > math.MaxUint16 {
			return dst, fmt.Errorf("%w: more than %d names in a seal", ErrTooLarge, math.MaxUint16)
		}
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(list)))
		for _, t := range list {
			if len(t.name) > math.MaxUint16 {
				return dst, fmt.Errorf("%w: a name of more than %d bytes in a seal", ErrTooLarge, math.MaxUint16)
			}
			if !utf8.ValidString(t.name) {
				return dst, fmt.Errorf("%w: a name that is not UTF-8 in a seal", ErrInvalid)
			}
			dst = binary.BigEndian.AppendUint16(dst, uint16(len(t.name)))
			dst = append(dst, t.name...)
		}
	}
	return dst, nil
}

// parse reads the header at the start of data, strictly, and returns its
// length. The names share the memory of data.
func (h *nativeHeader) parse(data string) (size int, err error) {
	r := headerReader{rest: data}
	version, suite := r.number(1), r.number(1)
	if !r.short && (version < oldNativeVersion || version > nativeVersion || suite != nativeSuite) {
		return 0, fmt.Errorf("a seal of version %d, suite %d, which this release does not know", version, suite)
	}
	h.version = byte(version)
	h.keyID = r.take(r.number(1))
	copy(h.salt[:], r.take(len(h.salt)))
	copy(h.commitment[:], r.take(len(h.commitment)))
	h.committed = true
	h.model = r.number(4)
	namespace := 0
	if version != oldNativeVersion {
		namespace = r.number(1)
	}
	h.namespaced = namespace == 1
	h.bound = r.names()
	h.sealed = r.names()
	switch {
	case r.short:
		return 0, errors.New("too short for a seal")
	case checkKeyID(h.keyID) != nil:
		return 0, errors.New("a seal without a proper key id")
	case h.model < 1 || h.model > MaxModel:
		return 0, errors.New("a seal of no model")
	case namespace > 1:
		return 0, errors.New("a seal that does not say whether the namespace is bound")
	}
	if err := checkNames(h.bound, h.sealed); err != nil {
		return 0, err
	}
	return len(data) - len(r.rest), nil
}

// headerReader reads what a header consists of. Once it is short of data, it
// gives nothing more.
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

// checkNames checks that the names are such as attributes have, in order, and
// none there twice.
func checkNames(bound, sealed []string) error {
	for _, names := range [...][]string{bound, sealed} {
		for i, name := range names {
			if !utf8.ValidString(name) || name == sealAttribute {
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

// binds and seals tell whether the header lists a name as bound, or as sealed.
// There may be no header.
func (s *storedSeal) binds(name string) bool {
	if s == nil {
		return false
	}
	_, found := slices.BinarySearch(s.bound, name)
	return found
}

func (s *storedSeal) seals(name string) bool {
	if s == nil {
		return false
	}
	_, found := slices.BinarySearch(s.sealed, name)
	return found
}
