package definition

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// Live reports whether releases with the type have objects of it: it is there,
// and not retired.
func (t *Type) Live() bool { return t != nil && !t.Retired && len(t.Models) > 0 }

// Newest returns the model with the highest number, or nil if there is
// none.
func (t *Type) Newest() *Model {
	if len(t.Models) == 0 {
		return nil
	}
	return &t.Models[len(t.Models)-1]
}

// Model returns the model of that number, or nil.
func (t *Type) Model(number int) *Model {
	if number < 1 || number > len(t.Models) {
		return nil
	}
	return &t.Models[number-1]
}

// Announced returns the models above the one that is written, oldest first.
func (t *Type) Announced() []Model {
	if t.Write < 0 || t.Write > len(t.Models) {
		return nil
	}
	return t.Models[t.Write:]
}

// Hash is the definition hash that Kibana pins: sha256, in hex, of the type
// name, the encrypted and the AAD names of the newest model in declared order
// and the id rule, joined by "|".
func (t *Type) Hash() string {
	parts := []string{t.Name}
	if m := t.Newest(); m != nil {
		parts = append(parts, m.Encrypted...)
		parts = append(parts, m.AAD...)
	}
	parts = append(parts, strconv.FormatBool(t.RandomID))
	sum := sha256.Sum256([]byte(strings.Join(parts, "|")))
	return hex.EncodeToString(sum[:])
}

// Attribute returns the attribute of that name, or nil.
func (m *Model) Attribute(name string) *Attribute {
	if i := slices.IndexFunc(m.Attributes, named(name)); i >= 0 {
		return &m.Attributes[i]
	}
	return nil
}

// Role returns what m does with the named attribute.
func (m *Model) Role(name string) Role {
	switch {
	case slices.Contains(m.Encrypted, name):
		return Encrypted
	case slices.Contains(m.AAD, name):
		return Bound
	default:
		return Plain
	}
}

// BackfillOf returns the JSON text that migration to m gives to the named
// attribute.
func (m *Model) BackfillOf(name string) (string, bool) {
	i := slices.IndexFunc(m.Backfill, func(b Backfill) bool { return b.Name == name })
	if i < 0 {
		return "", false
	}
	return m.Backfill[i].Value, true
}

// ComputeOf returns the function that m asks for to compute the named attribute.
func (m *Model) ComputeOf(name string) (Compute, bool) {
	i := slices.IndexFunc(m.Computed, func(c Compute) bool { return c.Name == name })
	if i < 0 {
		return Compute{}, false
	}
	return m.Computed[i], true
}

// Flags returns the flags that types are behind, sorted. Retired types are
// behind none.
func Flags(types []*Type) []string {
	var flags []string
	for _, t := range types {
		if t.Flag != "" && !t.Retired {
			flags = append(flags, t.Flag)
		}
	}
	slices.Sort(flags)
	return slices.Compact(flags)
}

// Used returns the types that a product uses if exactly those flags are on,
// in their order: not the retired ones, and not those behind another flag.
func Used(types []*Type, flags []string) []*Type {
	var used []*Type
	for _, t := range types {
		if !t.Retired && (t.Flag == "" || slices.Contains(flags, t.Flag)) {
			used = append(used, t)
		}
	}
	return used
}
