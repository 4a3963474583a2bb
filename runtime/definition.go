package eso

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// Format names how the secrets of a document are sealed.
type Format string

const (
	// Kibana is the format of Kibana's encrypted saved objects: one ciphertext
	// per attribute, AES-256-GCM under a key from PBKDF2.
	Kibana Format = "kibana"

	// Native is the format of this package: one seal per object, in an attribute
	// of its own, which says what it binds.
	Native Format = "native"
)

// Definition is what the operations of this package need to know of a type. A
// generated package has one, made from the spec. It is plain data: do not change
// it once it is in use, and it is safe for concurrent use.
type Definition struct {
	Type     string
	RandomID bool     // ids must be UUIDs, and are made if they are missing
	Write    int      // the model of new documents
	Oldest   int      // the oldest model that opens; 0 means 1
	Exposes  []string // secrets that the normal read decrypts
	Flag     string   // the product's flag without which a store creates no object of the type, or ""
	Models   []Model  // by number, from 1, without gaps
}

// Model is one version of a type's documents, and the step to it from the
// model before: removals first, then renames, then what is missing is filled
// in, constants before computed values, which may be computed from them.
type Model struct {
	Format     Format
	Namespaces Namespaces
	Attributes []Attribute
	Encrypted  []string // in declared order
	AAD        []string // in declared order

	Removed  []string
	Renamed  []Rename
	Computed []Compute
	Backfill []Backfill
}

// Attribute is a top-level attribute of a model.
type Attribute struct {
	Name     string
	Optional bool
	Nullable bool
	Default  string // the JSON text that creation gives if the attribute is absent, or ""
}

// Rename gives an attribute of the model before a new name.
type Rename struct {
	New, Old string

	// Up and Down convert the value there and back; each is the other's
	// inverse. Both are nil if the value stays the same.
	Up, Down Convert
}

// Convert turns the JSON text of a value into that of another. It is pure: the
// same input gives the same output, in every release.
type Convert func(value JSON) (JSON, error)

// Compute makes the value of a new attribute from attributes of the model
// before.
type Compute struct {
	Name   string
	Inputs []string // their names in the model before

	// From is given the JSON texts of the inputs, in that order, as the model
	// before has them; "" stands for an optional one that is absent. It is pure,
	// as a Convert is, and gives a value for every input that the declarations
	// allow. It is nil if only the product has the function, as in esogen's
	// own commands: then whatever needs a value fails.
	From func(inputs []JSON) (JSON, error)
}

// Backfill is the JSON text that a document gets which lacks the attribute.
type Backfill struct {
	Name  string
	Value JSON
}

// Hash is the definition hash that Kibana pins for a type: sha256, in hex, of
// the type name, the encrypted and the AAD names of the newest model in
// declared order, and "true" or "false" for RandomID, joined by "|".
func (d *Definition) Hash() string {
	newest := d.newest()
	parts := slices.Concat([]string{d.Type}, newest.Encrypted, newest.AAD, []string{strconv.FormatBool(d.RandomID)})
	sum := sha256.Sum256([]byte(strings.Join(parts, "|")))
	return hex.EncodeToString(sum[:])
}

func (d *Definition) newest() *Model { return &d.Models[len(d.Models)-1] }

// modelFor returns the model by whose sets a document of model number is opened
// and sealed again: its own, or the newest known one if it is above all.
func (d *Definition) modelFor(number int) *Model {
	return &d.Models[min(number, len(d.Models))-1]
}

// announced returns the models above the one that is written.
func (d *Definition) announced() []Model { return d.Models[d.Write:] }

// hides reports whether a normal read leaves the attribute of the write model
// out: the write model or an announced one encrypts it, and the type does not
// expose it.
func (d *Definition) hides(name string) bool {
	return d.secret(name) && !d.exposes(name)
}

func (d *Definition) exposes(name string) bool { return slices.Contains(d.Exposes, name) }

// secret reports whether the write model or an announced one encrypts what the
// write model knows under that name.
func (d *Definition) secret(name string) bool {
	return d.Models[d.Write-1].encrypts(name) || d.anyAnnounced(name, (*Model).encrypts)
}

// anyAnnounced reports whether an announced model has a property of what the
// write model knows under that name, following renames. It stops if the
// attribute is dropped.
func (d *Definition) anyAnnounced(name string, property func(*Model, string) bool) bool {
	for i := range d.announced() {
		m := &d.announced()[i]
		var kept bool
		if name, kept = m.After(name); !kept {
			return false
		}
		if property(m, name) {
			return true
		}
	}
	return false
}

// dropped reports whether an announced model drops what the write model knows
// under that name.
func (d *Definition) dropped(name string) bool {
	_, kept := d.nameAt(name, d.Write, len(d.Models))
	return !kept
}

// nameAt returns the name in model to of what model from calls name. It reports
// false if a step between them removes it or, on the way down, takes its name
// away.
func (d *Definition) nameAt(name string, from, to int) (string, bool) {
	kept := true
	for n := from + 1; n <= to && kept; n++ {
		name, kept = d.Models[n-1].After(name)
	}
	for n := from; n > to && kept; n-- {
		name, kept = d.Models[n-1].Before(name)
	}
	return name, kept
}

// After returns the name in m of what the model before it calls name. It
// reports false if m removes it.
//
// After and [Model.Before] follow names, through renames and removals only:
// whether a model has an attribute of that name is another question.
func (m *Model) After(name string) (string, bool) {
	if slices.Contains(m.Removed, name) {
		return "", false
	}
	if r := m.renameFrom(name); r != nil {
		return r.New, true
	}
	return name, true
}

// Before returns the name in the model before m of what m calls name. It
// reports false if m removes an attribute of that name, or gives it another
// name: what m calls name is then new. Before is the inverse of [Model.After].
func (m *Model) Before(name string) (string, bool) {
	if r := m.renameTo(name); r != nil {
		return r.Old, true
	}
	if slices.Contains(m.Removed, name) || m.renameFrom(name) != nil {
		return "", false
	}
	return name, true
}

// renameFrom returns the rename whose old name that is, or nil.
func (m *Model) renameFrom(old string) *Rename {
	for i := range m.Renamed {
		if m.Renamed[i].Old == old {
			return &m.Renamed[i]
		}
	}
	return nil
}

// renameTo returns the rename whose new name that is, or nil.
func (m *Model) renameTo(name string) *Rename {
	for i := range m.Renamed {
		if m.Renamed[i].New == name {
			return &m.Renamed[i]
		}
	}
	return nil
}

func (m *Model) encrypts(name string) bool { return slices.Contains(m.Encrypted, name) }
func (m *Model) binds(name string) bool    { return slices.Contains(m.AAD, name) }

func (m *Model) attribute(name string) *Attribute {
	for i := range m.Attributes {
		if m.Attributes[i].Name == name {
			return &m.Attributes[i]
		}
	}
	return nil
}
