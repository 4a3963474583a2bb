package eso

import (
	"fmt"
	"slices"

	"github.com/esogen/esogen/runtime/internal/fault"
)

// Values that no release wrote. Whoever can write to the store, and has no key,
// may put an attribute of one model into a document of another, where it is
// neither bound nor encrypted: on the way to the write model it would stand in
// for a backfill, a computed value or a renamed attribute, and the next update
// would seal it.

// refusePlanted refuses a document that has a name, in plaintext or sealed, that
// its model lacks (the newest known one, if it is above all) and another model
// binds or encrypts. Null under a name that is only ever
// encrypted is not a secret, and so nothing was planted.
func (o *opened) refusePlanted() error {
	for i := range o.members {
		m := &o.members[i]
		if o.model.attribute(m.Name) != nil {
			continue
		}
		for n := range o.def.Models {
			other := &o.def.Models[n]
			does := ""
			switch {
			case other.binds(m.Name):
				does = "binds"
			case other.encrypts(m.Name) && m.Raw != "null":
				does = "encrypts"
			default:
				continue
			}
			return fault.On(m.Name, fmt.Errorf("%w: model %d %s it, and model %d, by which the document counts, does not have it",
				ErrPlanted, n+1, does, min(o.number, len(o.def.Models))))
		}
	}
	return nil
}

// dropStrays takes out what the model at does not have and the next one on the
// way declares: it never stands in for what the step makes.
func (v *view) dropStrays(at, next *Model) {
	v.members = slices.DeleteFunc(v.members, func(m member) bool {
		return at.attribute(m.Name) == nil && next.attribute(m.Name) != nil
	})
}
