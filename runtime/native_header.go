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
//	| model[4] | bound names | sealed names
//
// Numbers are big-endian. A list of names is a count[2], and for each name a
// length[2] and its UTF-8. Names are sorted by their bytes, and none comes
// twice, in one list or in both. So one header has one form.

const (
	nativeVersion = 1

	// nativeSuite is HMAC-SHA-256 to derive, AES-256-GCM to seal. Another suite
	// would be another number, and no key serves two.
	nativeSuite = 1
)

// nativeHeader says how a seal was made, and of what.
type nativeHeader struct {
	keyID      string
	salt       [32]byte
	commitment [32]byte
	committed  bool // it was parsed, and so has its commitment
	model      int
	bound      []string
	sealed     []string
}

// append appends the header, with the names of the texts.
func (h *nativeHeader) append(dst []byte, bound, sealed []namedText) ([]byte, error) {
	dst = append(dst, nativeVersion, nativeSuite, byte(len(h.keyID)))
	dst = append(dst, h.keyID...)
	dst = append(dst, h.salt[:]...)
	dst = append(dst, h.commitment[:]...)
	dst = binary.BigEndian.AppendUint32(dst, uint32(h.model))
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

var errHeader = errors.New("too short for a seal")

// parse reads the header at the start of data, strictly, and returns its
// length.
func (h *nativeHeader) parse(data []byte) (size int, err error) {
	rest := data
	take := func(n int) (b []byte) {
		if n > len(rest) {
			rest, err = nil, errHeader
			return make([]byte, n)
		}
		b, rest = rest[:n], rest[n:]
		return b
	}
	if head := take(2); err == nil && (head[0] != nativeVersion || head[1] != nativeSuite) {
		return 0, fmt.Errorf("a seal of version %d, suite %d, which this release does not know", head[0], head[1])
	}
	h.keyID = string(take(int(take(1)[0])))
	copy(h.salt[:], take(len(h.salt)))
	copy(h.commitment[:], take(len(h.commitment)))
	h.committed = true
	model := binary.BigEndian.Uint32(take(4))
	if err != nil {
		return 0, err
	}
	if checkKeyID(h.keyID) != nil {
		return 0, errors.New("a seal without a proper key id")
	}
	if model < 1 || model > MaxModel {
		return 0, errors.New("a seal of no model")
	}
	h.model = int(model)
	if h.bound, rest, err = parseNames(rest); err != nil {
		return 0, err
	}
	if h.sealed, rest, err = parseNames(rest); err != nil {
		return 0, err
	}
	for _, name := range h.sealed {
		if _, both := slices.BinarySearch(h.bound, name); both {
			return 0, errors.New("a seal that lists a name twice")
		}
	}
	return len(data) - len(rest), nil
}

func parseNames(data []byte) (names []string, rest []byte, err error) {
	if len(data) < 2 {
		return nil, nil, errHeader
	}
	count, rest := int(binary.BigEndian.Uint16(data)), data[2:]
	names = make([]string, 0, min(count, len(rest)/2))
	for range count {
		if len(rest) < 2 || len(rest)-2 < int(binary.BigEndian.Uint16(rest)) {
			return nil, nil, errHeader
		}
		size := 2 + int(binary.BigEndian.Uint16(rest))
		name := string(rest[2:size])
		rest = rest[size:]
		if !utf8.ValidString(name) || name == sealAttribute {
			return nil, nil, errors.New("a seal that lists a name that no attribute has")
		}
		if n := len(names); n > 0 && names[n-1] >= name {
			return nil, nil, errors.New("a seal whose names are not in order")
		}
		names = append(names, name)
	}
	return names, rest, nil
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
