package codec

import (
	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// Member is one attribute of a document, its value as text.
type Member struct {
	Name string // decoded
	Raw  string // the text of the value, exactly as stored

	Sealed bool // a secret that a seal of the native format takes in
	Hidden bool // a secret that is not shown: reading it gives a stripped one
	Secret bool // an opened secret: it is shown to those who ask for a secret

	// Key is the name as stored, quotes included, and "" for a member that was
	// added. It counts only as long as it spells name.
	Key string
}

// Members is the attributes of a document, in stored order.
type Members []Member

// ParseMembers takes the attributes of a document apart, as jsontext.Object does.
func ParseMembers(text string) (Members, error) {
	ms := make(Members, 0, 16)
	if err := jsontext.Object(text, func(key, name, raw string) {
		ms = append(ms, Member{Name: name, Raw: raw, Key: key})
	}); err != nil {
		return nil, err
	}
	return ms, nil
}

// ParseAttributes is parseMembers of attributes as a caller holds them. They are
// not copied where they are too large.
func ParseAttributes(attributes []byte) (Members, error) {
	if len(attributes) > fault.MaxSize {
		return nil, fault.TooLarge()
	}
	return ParseMembers(string(attributes))
}

// CheckLimits checks what is to be written, so that it can be read again: the
// number of attributes, others beside these among them, and of values. Their
// size is known elsewhere.
func (ms Members) CheckLimits(others int) error {
	if len(ms)+others > fault.MaxAttributes {
		return fault.On("", &fault.Defect{Reason: fault.TooMany(fault.MaxAttributes, "attributes"), Kind: fault.ErrTooLarge})
	}
	size := 0
	for i := range ms {
		size += len(ms[i].Raw)
	}
	if size < 2*fault.MaxValues { // with what parts them, values have two bytes at least
		return nil
	}
	values := jsontext.NewCounter()
	for i := range ms {
		if err := values.Count(ms[i].Raw); err != nil {
			return fault.On(ms[i].Name, err)
		}
	}
	return nil
}

// Find returns the place of the named member, or -1.
func (ms Members) Find(name string) int {
	for i := range ms {
		if ms[i].Name == name {
			return i
		}
	}
	return -1
}

// Finder returns a find that is quick for that many calls: a hostile document
// may have many members, and a hostile seal may list many names.
func (ms Members) Finder(calls int) func(name string) int {
	if len(ms)*calls < 1<<12 {
		return ms.Find
	}
	places := make(map[string]int, len(ms))
	for i := range ms {
		places[ms[i].Name] = i
	}
	return func(name string) int {
		if i, ok := places[name]; ok {
			return i
		}
		return -1
	}
}

// AppendMembers appends members as a JSON object: names and values as they are
// stored, nothing between them.
func AppendMembers(dst []byte, ms Members) []byte {
	dst = append(dst, '{')
	for i := range ms {
		dst = ms[i].Append(dst)
	}
	return append(dst, '}')
}

// Append appends the member to an object that is being written.
func (m *Member) Append(dst []byte) []byte { return jsontext.AppendMember(dst, m.Key, m.Name, m.Raw) }
