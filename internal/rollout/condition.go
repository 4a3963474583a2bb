package rollout

import (
	"fmt"
	"slices"

	"github.com/esogen/esogen/internal/definition"
)

// Condition is something that a verdict takes for granted, because no
// simulation can see it.
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

// conditions returns what the verdict on a case takes for granted.
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

// opened returns the oldest model that the running release opens, or the last
// one before it that has the type; 0 where none does. Documents of that model
// may be there whether or not the release that wrote them is named.
func opened(c Case) int {
	for _, r := range slices.Backward(c.History) {
		if r.Type != nil && !r.Withdrawn {
			return r.Type.Oldest
		}
	}
	return 0
}
