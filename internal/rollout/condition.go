package rollout

import (
	"fmt"

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
)

// conditions returns what the verdict on a case takes for granted.
func conditions(c Case) []Condition {
	t := c.New.Type
	if t == nil {
		return nil
	}
	var out []Condition
	if before, lowest := lowestLeft(c); lowest > 0 && lowest < t.Oldest && before < t.Oldest {
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
	}
	return out
}

// lowestLeft returns the oldest model that the running release opens, or the
// last one before it that has the type, and the lowest model that any release
// wrote.
func lowestLeft(c Case) (opened, lowest int) {
	for _, r := range c.History {
		if r.Type == nil {
			continue
		}
		if !r.Withdrawn {
			opened = r.Type.Oldest
		}
		if lowest == 0 || r.Type.Write < lowest {
			lowest = r.Type.Write
		}
	}
	return opened, lowest
}
