package jsonl

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"

	eso "github.com/esogen/esogen/runtime"
)

// What is remembered of names that no spec declares: they come with the objects.
const (
	MostNames  = 20
	nameLength = 200 // in runes
)

// Name is the name of a type, or of an attribute of a type.
type Name struct {
	Type, Attribute string
}

// names collects the first names that were met. It is safe for concurrent use.
type names struct {
	mu    sync.Mutex
	found map[Name]bool
}

func (n *names) add(of Name) {
	of.Type = fmt.Sprintf("%.*s", nameLength, of.Type)
	of.Attribute = fmt.Sprintf("%.*s", nameLength, of.Attribute)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.found == nil {
		n.found = map[Name]bool{}
	}
	if len(n.found) < MostNames {
		n.found[of] = true
	}
}

// list returns the names, sorted by type and attribute.
func (n *names) list() []Name {
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []Name
	for of := range n.found {
		list = append(list, of)
	}
	slices.SortFunc(list, func(a, b Name) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Attribute, b.Attribute))
	})
	return list
}

// Undeclared returns the first attributes that were sealed and that no spec
// declares, at most 20, sorted by type and name. They were stored unchanged: a
// misspelt secret is stored in the clear that way.
func (w *Worker) Undeclared() []Name { return w.undeclared.list() }

// PassedOver returns the first types that the specs lack and whose lines passed
// unchanged, at most 20, sorted.
func (w *Worker) PassedOver() []Name { return w.passed.list() }

// Unbound returns what the operation noted.
func (w *Worker) Unbound() []Name { return w.unbound.List() }

// Unbound notes the attributes of objects in the kibana format that do not open, which
// their models do not declare: Kibana before 8.13 bound them. The zero value is ready to
// use, and safe for concurrent use.
type Unbound struct{ names names }

// List returns the first attributes, at most 20, sorted by type and name.
func (u *Unbound) List() []Name { return u.names.list() }

// Note notes an object of a type that an operation failed for. One that is stamped with a
// model above those of the type has attributes that it lacks anyway: it is passed over.
func (u *Unbound) Note(d *eso.Definition, doc eso.Document, failure error) {
	if doc.Model > len(d.Models) {
		return // a newer release binds what it declares, which is reason enough
	}
	m := &d.Models[max(1, doc.Model)-1]
	if m.Format != eso.Kibana || !errors.Is(failure, eso.ErrTampered) {
		return
	}
	attributes, err := parseObject(doc.Attributes)
	if err != nil {
		return
	}
	for _, a := range attributes.members {
		if !slices.ContainsFunc(m.Attributes, func(known eso.Attribute) bool { return known.Name == a.name }) {
			u.names.add(Name{d.Type, a.name})
		}
	}
}
