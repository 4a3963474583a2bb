package rollout

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"

	"github.com/esogen/esogen/internal/definition"
)

// sealName is the attribute that holds the seal of a document in the native
// format.
const sealName = "$sealed"

// seal is what the seal of a document says of itself, without a key. The
// format is written down in docs/format-native.md; it is read here by other
// means than those of the runtime that is under trial.
type seal struct {
	text   string // as stored, a JSON string
	key    string // the id of the key
	model  int
	bound  []string // present or not
	sealed []string
	made   *state // where it was sealed

	lists int // where in the data the two lists of names begin
}

// parseSeal reads the header of a seal. It returns nil where there is none.
func parseSeal(text string) *seal {
	data := sealData(text)
	if len(data) < 3 {
		return nil
	}
	s := &seal{text: text}
	at := 3 + int(data[2])
	s.key = string(data[3:at])
	at += 32 + 32 // salt and commitment
	s.model = int(binary.BigEndian.Uint32(data[at:]))
	s.lists = at + 4
	at = s.lists
	for _, list := range []*[]string{&s.bound, &s.sealed} {
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

func sealData(text string) []byte {
	var encoded string
	if json.Unmarshal([]byte(text), &encoded) != nil {
		return nil
	}
	data, _ := base64.StdEncoding.DecodeString(encoded) // what is no base64 is as good as nothing
	return data
}

// without returns the text of the seal with a header that does not list one of
// its bound names: what somebody would write who wants to change that attribute
// unseen.
func (s *seal) without(name string) string {
	data := sealData(s.text)
	out := slices.Clone(data[:s.lists])
	out = binary.BigEndian.AppendUint16(out, uint16(len(s.bound)-1))
	at := s.lists + 2
	for _, listed := range s.bound {
		size := 2 + len(listed)
		if listed != name {
			out = append(out, data[at:at+size]...)
		}
		at += size
	}
	out = append(out, data[at:]...)
	return `"` + base64.StdEncoding.EncodeToString(out) + `"`
}

// binds tells whether the seal lists the name as bound. A nil seal binds
// nothing.
func (s *seal) binds(name string) bool { return s != nil && slices.Contains(s.bound, name) }

// native tells whether the model is of the native format.
func native(m *definition.Model) bool { return m.Format == definition.Native }
