package rollout

import (
	"fmt"
	"slices"

	"github.com/esogen/esogen/internal/definition"
)

// Release is what one release ships for a type.
type Release struct {
	Name string           // as in the ledger; "" is fine for the new one
	Type *definition.Type // resolved and without errors; nil if the release does not have the type

	// Withdrawn means that the release was rolled back permanently. It never runs
	// again, so it has announced nothing; the documents that it wrote remain.
	Withdrawn bool
}

// Case is a question: can the new release of a type run beside the one before,
// on the documents of all earlier ones?
type Case struct {
	// History is the releases before, oldest first. The last one that is not
	// withdrawn is live: it runs beside the new release, and comes back when
	// that is rolled back. The others have left documents. If History is empty or
	// holds only withdrawn releases, nothing runs beside the new one.
	History []Release
	New     Release
}

// running returns the index of the live release of the history, or -1.
func (c Case) running() int {
	for i, r := range slices.Backward(c.History) {
		if !r.Withdrawn {
			return i
		}
	}
	return -1
}

// dropAbsent drops the releases that do not have the type: they neither write nor
// read its documents. A running release without it stays, with a nil type: then
// nothing runs beside the new one.
func dropAbsent(c Case) Case {
	var out Case
	running := c.running()
	for i, r := range c.History {
		r = active(r)
		if r.Type != nil || i == running {
			out.History = append(out.History, r)
		}
	}
	out.New = active(c.New)
	return out
}

// active returns the release with a nil type if it has retired the type.
func active(r Release) Release {
	if r.Type != nil && (r.Type.Retired || len(r.Type.Models) == 0) {
		r.Type = nil
	}
	return r
}

// keepsType reports whether a release has the type already, and each has it as
// the new one does.
func (c Case) keepsType() bool {
	return unchanged(c) && slices.ContainsFunc(c.History, func(r Release) bool { return r.Type != nil })
}

// unchanged reports whether there is nothing to play: no release came before, or
// the type never changed.
func unchanged(c Case) bool {
	for _, r := range c.History {
		if r.Type != nil && !(c.New.Type != nil && same(r.Type, c.New.Type)) {
			return false
		}
	}
	return true
}

// same reports whether two definitions behave alike in everything that the
// simulator plays. Comments, Go names, exceptions, and the rule for ids, which no
// reader checks, do not count.
func same(a, b *definition.Type) bool {
	if a == b {
		return true
	}
	return a.Name == b.Name && a.Write == b.Write && a.Oldest == b.Oldest && a.Retired == b.Retired &&
		sameNames(a.Exposes, b.Exposes) && slices.EqualFunc(a.Models, b.Models, sameModel)
}

func sameModel(a, b definition.Model) bool {
	return a.Number == b.Number && a.Namespaces == b.Namespaces && a.Format == b.Format &&
		sameNames(a.Encrypted, b.Encrypted) && sameNames(a.AAD, b.AAD) && sameNames(a.Removed, b.Removed) &&
		slices.EqualFunc(a.Computed, b.Computed, definition.Compute.Equal) && slices.Equal(a.Renamed, b.Renamed) && slices.Equal(a.Backfill, b.Backfill) &&
		slices.EqualFunc(a.Attributes, b.Attributes, sameAttribute)
}

func sameAttribute(a, b definition.Attribute) bool {
	return a.Name == b.Name && a.Optional == b.Optional && a.Default == b.Default && a.Value.Equal(b.Value)
}

// sameNames compares sets: documents do not depend on the order of the names.
func sameNames(a, b []string) bool {
	if slices.Equal(a, b) {
		return true
	}
	if len(a) != len(b) {
		return false
	}
	for _, name := range a {
		if !slices.Contains(b, name) {
			return false
		}
	}
	return true
}

// Condition is something that a verdict assumes because no simulation can see
// it.
type Condition struct {
	Name    string
	Model   int
	Message string
}

const (
	// NoneBelowOldest: a scan found no document below Model, the oldest that
	// the new release opens.
	NoneBelowOldest = "none-below-oldest"

	// UniqueIDs: ids are unique without the namespace, which Model no longer
	// binds.
	UniqueIDs = "unique-ids"

	// Passphrases: every key is a passphrase, without which nothing is sealed in
	// the kibana format of Model.
	Passphrases = "passphrases"
)

// conditions returns what the verdict on a case assumes.
func conditions(c Case) []Condition {
	t := c.New.Type
	if t == nil {
		return nil
	}
	var out []Condition
	if before := opened(c); before > 0 && before < t.Oldest {
		out = append(out, Condition{NoneBelowOldest, t.Oldest,
			fmt.Sprintf("no document of %q is left below model %d, which the new release no longer opens: a scan must have found none", t.Name, t.Oldest)})
	}
	running := c.running()
	for i := 1; i < t.Write; i++ {
		written := running >= 0 && c.History[running].Type != nil && c.History[running].Type.Write >= t.Models[i].Number
		if t.Models[i-1].Namespaces == definition.Single && t.Models[i].Namespaces != definition.Single && !written {
			out = append(out, Condition{UniqueIDs, t.Models[i].Number,
				fmt.Sprintf("the ids of %q are unique without the namespace, which model %d no longer binds", t.Name, t.Models[i].Number)})
		}
		if t.Models[i-1].Format != definition.Kibana && t.Models[i].Format == definition.Kibana && !written {
			out = append(out, Condition{Passphrases, t.Models[i].Number,
				fmt.Sprintf("every key that seals %q is a passphrase, which the kibana format of model %d needs", t.Name, t.Models[i].Number)})
		}
	}
	return out
}

// opened returns the oldest model that the running release opens, or, if that
// does not have the type, the last release before it that does; 0 if there is
// none. Documents of that model may exist whether or not the case names the
// release that wrote them.
func opened(c Case) int {
	for _, r := range slices.Backward(c.History) {
		if r.Type != nil && !r.Withdrawn {
			return r.Type.Oldest
		}
	}
	return 0
}
