package eso

import (
	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// member is one attribute of a document, taken apart no further.
type member struct {
	name string // decoded
	raw  string // the text of the value, exactly as stored

	sealed bool // a secret that a seal of the native format takes in
	hidden bool // a secret that is not shown: reading it gives a stripped one
	secret bool // an opened secret: it is shown to those who ask for a secret

	// key is the name as stored, quotes included, and "" for a member that was
	// added. It counts only as long as it spells name.
	key string
}

// members is the attributes of a document, in stored order.
type members []member

// parseMembers takes the attributes of a document apart, as jsontext.Object does.
func parseMembers(text string) (members, error) {
	ms := make(members, 0, 16)
	if err := jsontext.Object(text, func(key, name, raw string) {
		ms = append(ms, member{name: name, raw: raw, key: key})
	}); err != nil {
		return nil, err
	}
	return ms, nil
}

// parseAttributes is parseMembers of attributes as a caller holds them. They are
// not copied where they are too large.
func parseAttributes(attributes []byte) (members, error) {
	if len(attributes) > MaxSize {
		return nil, fault.TooLarge()
	}
	return parseMembers(string(attributes))
}

// checkLimits checks what is to be written, so that it can be read again: the
// number of attributes, others beside these among them, and of values. Their
// size is known elsewhere.
func (ms members) checkLimits(others int) error {
	if len(ms)+others > MaxAttributes {
		return fault.On("", &fault.Defect{Reason: fault.TooMany(MaxAttributes, "attributes"), Kind: ErrTooLarge})
	}
	size := 0
	for i := range ms {
		size += len(ms[i].raw)
	}
	if size < 2*MaxValues { // with what parts them, values have two bytes at least
		return nil
	}
	values := jsontext.NewCounter()
	for i := range ms {
		if err := values.Count(ms[i].raw); err != nil {
			return fault.On(ms[i].name, err)
		}
	}
	return nil
}

// find returns the place of the named member, or -1.
func (ms members) find(name string) int {
	for i := range ms {
		if ms[i].name == name {
			return i
		}
	}
	return -1
}

// finder returns a find that is quick for that many calls: a hostile document
// may have many members, and a hostile seal may list many names.
func (ms members) finder(calls int) func(name string) int {
	if len(ms)*calls < 1<<12 {
		return ms.find
	}
	places := make(map[string]int, len(ms))
	for i := range ms {
		places[ms[i].name] = i
	}
	return func(name string) int {
		if i, ok := places[name]; ok {
			return i
		}
		return -1
	}
}

// appendMembers appends members as a JSON object: names and values as they are
// stored, nothing between them.
func appendMembers(dst []byte, ms members) []byte {
	dst = append(dst, '{')
	for i := range ms {
		dst = ms[i].append(dst)
	}
	return append(dst, '}')
}

// append appends the member to an object that is being written.
func (m *member) append(dst []byte) []byte { return jsontext.AppendMember(dst, m.key, m.name, m.raw) }
