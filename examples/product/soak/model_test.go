package soak

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// state is a group of attributes that are written together, by name. One that
// is absent has no entry.
type state map[string]string

// unknown is a value of which the model does not say what it is: a computed
// one, say.
const unknown = "\x00unknown"

func (s state) text() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(&b, "%q=%q ", name, s[name])
	}
	return b.String()
}

// with returns the state with other values in it; "" for absent ones.
func (s state) with(values state) state {
	next := maps.Clone(s)
	for name, value := range values {
		if next[name] = value; value == "" {
			delete(next, name)
		}
	}
	return next
}

// agrees reports whether what was seen is the state, as far as it was looked at.
func (s state) agrees(seen state, names []string) bool {
	for _, name := range names {
		if s[name] != unknown && s[name] != seen[name] {
			return false
		}
	}
	return true
}

// register is what a group of attributes may hold: one state, unless an
// operation got no answer, which may or may not have happened. Who holds the
// lock is the only one to write the group, or to compare it.
type register struct {
	sync.Mutex
	possible []state
}

func newRegister(s state) *register { return &register{possible: []state{s}} }

// did notes an operation on the group: one that was acknowledged, or one that
// got no answer.
func (r *register) did(operation func(state) state, acknowledged bool) {
	var next []state
	if !acknowledged {
		next = r.possible
	}
	for _, s := range r.possible {
		next = append(next, operation(s))
	}
	slices.SortFunc(next, func(a, b state) int { return strings.Compare(a.text(), b.text()) })
	r.possible = slices.CompactFunc(next, func(a, b state) bool { return maps.Equal(a, b) })
}

// explains reports whether the group may be what was seen of the names.
func (r *register) explains(seen state, names []string) bool {
	return slices.ContainsFunc(r.possible, func(s state) bool { return s.agrees(seen, names) })
}

// object is an object that the soak has made, and what it may be by now.
type object struct {
	plural, namespace, id string
	groups                map[string]*register

	mu            sync.Mutex
	life          life
	uses, unsure  int // how often the secrets were used: acknowledged, unanswered
	writersInside int
}

type life int

const (
	alive    life = iota
	gone          // its deletion was acknowledged
	doubtful      // its creation or deletion got no answer
)

// enter reports whether the object is alive, and keeps it so until leave.
func (o *object) enter() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.life != alive {
		return false
	}
	o.writersInside++
	return true
}

func (o *object) leave() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writersInside--
}

// end takes an object out of use, if nobody uses it.
func (o *object) end() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.life != alive || o.writersInside > 0 {
		return false
	}
	o.life = doubtful
	return true
}

func (o *object) is(l life) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.life = l
}

func (o *object) used(acknowledged bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if acknowledged {
		o.uses++
	} else {
		o.unsure++
	}
}

// TestRegister sees that the model keeps in mind what was not answered, and
// forgets it when a later answer overrules it.
func TestRegister(t *testing.T) {
	set := func(values state) func(state) state { return func(s state) state { return s.with(values) } }
	all := []string{"a", "b"}
	r := newRegister(state{"a": "1"})
	r.did(set(state{"b": "2"}), true)
	assert.True(t, r.explains(state{"a": "1", "b": "2"}, all))
	assert.False(t, r.explains(state{"a": "1"}, all))
	assert.True(t, r.explains(state{"a": "1"}, []string{"a"}), "b is not looked at")

	r.did(set(state{"a": "3", "b": ""}), false)
	assert.True(t, r.explains(state{"a": "1", "b": "2"}, all))
	assert.True(t, r.explains(state{"a": "3"}, all))
	assert.False(t, r.explains(state{"a": "3", "b": "2"}, all), "both are written, or none")

	r.did(set(state{"a": "4"}), true)
	assert.True(t, r.explains(state{"a": "4"}, all))
	assert.True(t, r.explains(state{"a": "4", "b": "2"}, all))
	assert.False(t, r.explains(state{"a": "3"}, all))

	r.did(set(state{"b": unknown}), true)
	assert.Len(t, r.possible, 1)
	assert.True(t, r.explains(state{"a": "4", "b": "anything"}, all))
}
