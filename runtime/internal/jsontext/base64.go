package jsontext

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
)

// strictBase64 refuses stray bits behind the last byte, so that the same bytes
// have one text.
var strictBase64 = base64.StdEncoding.Strict()

// DecodeBase64 decodes standard base64 with padding (RFC 4648, section 4). Package
// base64 would pass over line breaks even when it is strict.
func DecodeBase64(text string) (b []byte, ok bool) {
	if strings.IndexByte(text, '\n') >= 0 || strings.IndexByte(text, '\r') >= 0 {
		return nil, false
	}
	b, err := strictBase64.DecodeString(text)
	return b, err == nil
}

// AppendBase64 appends bytes as base64, in quotes.
func AppendBase64(dst, b []byte) []byte {
	dst = append(dst, '"')
	dst = strictBase64.AppendEncode(dst, b)
	return append(dst, '"')
}

// base64Pairs has the two digits of every twelve bits, the first one in the low
// byte.
var base64Pairs = func() (pairs [1 << 12]uint16) {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range pairs {
		pairs[i] = uint16(digits[i>>6]) | uint16(digits[i&63])<<8
	}
	return pairs
}()

// AppendCiphertext appends ciphertext as base64. That is most of the work of
// sealing, once a key is derived; so it takes 48 bits at a time where package
// base64 takes 24. The table is for what everybody may see: which of its lines
// are in a cache tells of the bytes.
func AppendCiphertext(dst, b []byte) []byte {
	size := strictBase64.EncodedLen(len(b))
	dst = slices.Grow(dst, size)
	out := dst[len(dst) : len(dst)+size]
	for len(b) >= 8 && len(out) >= 8 {
		bits := binary.BigEndian.Uint64(b)
		binary.LittleEndian.PutUint64(out, uint64(base64Pairs[bits>>52])|
			uint64(base64Pairs[bits>>40&0xfff])<<16|
			uint64(base64Pairs[bits>>28&0xfff])<<32|
			uint64(base64Pairs[bits>>16&0xfff])<<48)
		b, out = b[6:], out[8:]
	}
	strictBase64.Encode(out, b)
	return dst[:len(dst)+size]
}
