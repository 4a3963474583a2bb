// Package diff tells in words what changed between two releases' definitions.
// It judges nothing: whether a change is safe is the simulator's to say.
//
// It works on definitions alone, does no input or output, and is safe for
// concurrent use.
package diff

import (
	"reflect"
	"slices"

	"github.com/esogen/esogen/internal/definition"
)

// Kind is what kind of thing changed, for programs.
type Kind string

const (
	TypeAdded   Kind = "type-added"
	TypeRemoved Kind = "type-removed" // it is gone, and nothing says that it is retired
	TypeRetired Kind = "type-retired"
	TypeRevived Kind = "type-revived" // it was retired

	WriteMoved     Kind = "write-moved"
	WriteMovedBack Kind = "write-moved-back"
	Oldest         Kind = "oldest"
	RandomID       Kind = "random-id"
	Exposed        Kind = "exposed"
	NotExposed     Kind = "no-longer-exposed"
	Exception      Kind = "exception"
	Flag           Kind = "flag"

	ModelAnnounced Kind = "model-announced" // added, above the one that is written
	ModelAdded     Kind = "model-added"     // added, and not announced
	ModelRemoved   Kind = "model-removed"
	ModelChanged   Kind = "model-changed" // the changes below it are in a model that both have

	AttributeAdded   Kind = "attribute-added"
	AttributeRemoved Kind = "attribute-removed"
	AttributeRenamed Kind = "attribute-renamed"
	Bound            Kind = "bound"
	Unbound          Kind = "no-longer-bound"
	Encrypted        Kind = "encrypted"
	NotEncrypted     Kind = "no-longer-encrypted"
	Optional         Kind = "optional"
	Required         Kind = "required"
	ValueKind        Kind = "kind"
	Nullable         Kind = "nullable"
	Constraint       Kind = "constraint"
	Default          Kind = "default"
	Backfill         Kind = "backfill"
	Computed         Kind = "computed"
	Order            Kind = "order"
	Namespaces       Kind = "namespaces"
	Format           Kind = "format"

	Docs   Kind = "docs"
	GoName Kind = "go-name"
	Form   Kind = "form" // another spelling of the same
)

// Change is one thing that changed in a type.
type Change struct {
	Kind      Kind
	Model     int    // 0 where it is about the whole type
	Attribute string // as the newer release calls it; "" where it is about no single one
	Text      string // a sentence without a full stop, without the name of the type
}

// Type is a type that changed.
type Type struct {
	Name          string
	Before, After string // the definition hashes; "" where there is none
	Changes       []Change
}

// Compare returns the types that differ between two releases, sorted by name.
// In each, changes of the whole type come first, then those of its models in
// order; each model begins with a change about the model itself. The types are
// resolved, and sorted by name.
func Compare(before, after []*definition.Type) []Type {
	old, current := byName(before), byName(after)
	var names []string
	for name := range old {
		names = append(names, name)
	}
	for name := range current {
		if old[name] == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var types []Type
	for _, name := range names {
		if t, differs := compare(old[name], current[name]); differs {
			types = append(types, t)
		}
	}
	return types
}

func byName(types []*definition.Type) map[string]*definition.Type {
	found := make(map[string]*definition.Type, len(types))
	for _, t := range types {
		found[t.Name] = t
	}
	return found
}

// compare compares one type, which one of the releases may not have.
func compare(before, after *definition.Type) (Type, bool) {
	if before == after {
		return Type{}, false
	}
	named := after
	if after == nil {
		named = before
	}
	c := &changes{}
	c.lifecycle(before, after)
	if before != nil && after != nil {
		c.settings(before, after)
	}
	if after != nil {
		c.models(before, after)
	}
	if len(c.list) == 0 && before != nil && after != nil && !reflect.DeepEqual(before, after) {
		c.add(Form, 0, "", "it is written in another way, and means the same")
	}
	return Type{named.Name, hash(before), hash(after), c.list}, len(c.list) > 0
}

func hash(t *definition.Type) string {
	if t == nil || t.Retired {
		return ""
	}
	return t.Hash()
}

// gone tells that a release has nothing to do with the documents of a type.
func gone(t *definition.Type) bool { return t == nil || t.Retired }
