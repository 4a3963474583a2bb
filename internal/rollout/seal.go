package rollout

import (
	"encoding/binary"
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
}

// parseSeal reads the header of a seal. It returns nil where there is none.
func parseSeal(text string) *seal {
	data := sealData(text)
	if len(data) < 3 {
		return nil
	}
	s := &seal{text: text, key: string(data[3 : 3+data[2]])}
	at := listsOf(data)
	s.model = int(binary.BigEndian.Uint32(data[3+int(data[2])+64:]))
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

// binds tells whether the seal lists the name as bound. A nil seal binds
// nothing.
func (s *seal) binds(name string) bool { return s != nil && slices.Contains(s.bound, name) }

// native tells whether the model is of the native format.
func native(m *definition.Model) bool { return m.Format == definition.Native }
