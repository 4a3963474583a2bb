package esotest

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
)

// SealName is the attribute that holds the seal of a document in the native
// format.
const SealName = "$sealed"

// Seal is what a seal shows without a key. docs/format-native.md has the format.
// The code here is independent of the runtime, which is under test.
type Seal struct {
	Text   string // as stored, a JSON string
	Key    string // the id of the key
	Model  int
	Bound  []string // present or not
	Sealed []string
}

// ParseSeal reads the header of a seal, the JSON text of the attribute
// [SealName]. It returns nil if the text is not a seal.
func ParseSeal(text string) *Seal {
	data := sealData(text)
	if len(data) < 3 {
		return nil
	}
	s := &Seal{Text: text, Key: string(data[3 : 3+data[2]])}
	at := nameLists(data)
	s.Model = int(binary.BigEndian.Uint32(data[3+int(data[2])+64:]))
	for _, list := range []*[]string{&s.Bound, &s.Sealed} {
		count := binary.BigEndian.Uint16(data[at:])
		at += 2
		for range count {
			size := int(binary.BigEndian.Uint16(data[at:]))
			*list = append(*list, string(data[at+2:at+2+size]))
			at += 2 + size
		}
	}
	return s
}

// Binds reports whether the seal lists the name as bound. A nil seal binds
// nothing.
func (s *Seal) Binds(name string) bool { return s != nil && slices.Contains(s.Bound, name) }

// Without returns the text of the seal with a header that does not list one of
// its bound names: a forgery by someone who wants to change that attribute
// unnoticed.
func (s *Seal) Without(name string) string {
	data := sealData(s.Text)
	at := nameLists(data)
	count := binary.BigEndian.Uint16(data[at:])
	out := slices.Clone(data[:at])
	out = binary.BigEndian.AppendUint16(out, count-1)
	at += 2
	for range count {
		size := 2 + int(binary.BigEndian.Uint16(data[at:]))
		if string(data[at+2:at+size]) != name {
			out = append(out, data[at:at+size]...)
		}
		at += size
	}
	out = append(out, data[at:]...)
	return `"` + base64.StdEncoding.EncodeToString(out) + `"`
}

// sealData returns the bytes of a seal, or nothing if the text is not base64.
func sealData(text string) []byte {
	var encoded string
	if json.Unmarshal([]byte(text), &encoded) != nil {
		return nil
	}
	data, _ := base64.StdEncoding.DecodeString(encoded)
	return data
}

// nameLists returns where the lists of names begin: behind version, suite, key
// id, salt, commitment, model, and in version 2 a byte about the namespace.
func nameLists(data []byte) int { return 3 + int(data[2]) + 32 + 32 + 4 + int(data[0]) - 1 }
