package jsonl

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
)

// What is remembered of attributes that no spec declares: their names come with
// the objects.
const (
	mostUndeclared   = 20
	undeclaredLength = 200 // in runes
)

// Undeclared is an attribute that was stored unchanged, since its type does
// not declare it. A misspelt secret is stored in the clear that way.
type Undeclared struct {
	Type, Attribute string
}

// undeclared collects them. It is safe for concurrent use.
type undeclared struct {
	mu    sync.Mutex
	found map[Undeclared]bool
}

func (u *undeclared) add(of Undeclared) {
	of.Attribute = fmt.Sprintf("%.*s", undeclaredLength, of.Attribute)
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.found == nil {
		u.found = map[Undeclared]bool{}
	}
	if len(u.found) < mostUndeclared {
		u.found[of] = true
	}
}

// Undeclared returns the first attributes that were sealed and that no spec
// declares, at most 20, sorted by type and name.
func (w *Worker) Undeclared() []Undeclared {
	w.undeclared.mu.Lock()
	defer w.undeclared.mu.Unlock()
	var list []Undeclared
	for of := range w.undeclared.found {
		list = append(list, of)
	}
	slices.SortFunc(list, func(a, b Undeclared) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Attribute, b.Attribute))
	})
	return list
}
