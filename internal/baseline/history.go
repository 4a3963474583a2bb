package baseline

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// Stage is what a release does with a type: the models that it knows, and the one
// that it writes. Its JSON form is that of "esogen release".
type Stage struct {
	Retired   bool   `json:"retired"`
	Write     int    `json:"write"`     // 0 if nothing is written any more
	Announced []int  `json:"announced"` // models above the one that is written
	Oldest    int    `json:"oldest"`
	Hash      string `json:"hash"` // "" if the type is retired
}

// StageOf returns the stage of a type.
func StageOf(t *definition.Type) Stage {
	if t.Retired || len(t.Models) == 0 {
		return Stage{Retired: true, Announced: []int{}}
	}
	s := Stage{Write: t.Write, Announced: []int{}, Oldest: t.Oldest, Hash: t.Hash()}
	for _, m := range t.Announced() {
		s.Announced = append(s.Announced, m.Number)
	}
	return s
}

// String says the stage in words: "writes 1, announces 2".
func (s Stage) String() string {
	if s.Retired {
		return "retired"
	}
	text := fmt.Sprintf("writes %d", s.Write)
	if len(s.Announced) > 0 {
		numbers := make([]string, len(s.Announced))
		for i, n := range s.Announced {
			numbers[i] = strconv.Itoa(n)
		}
		text += ", announces " + strings.Join(numbers, " and ")
	}
	if s.Oldest > 1 {
		text += fmt.Sprintf(", opens from %d", s.Oldest)
	}
	return text
}

// TypeHistory is the stages of one type in the releases of a ledger that have it.
type TypeHistory struct {
	Type   string         `json:"type"`
	Stages []ReleaseStage `json:"stages"`
}

// ReleaseStage is the stage of a type in one release.
type ReleaseStage struct {
	Release string `json:"release"`
	Stage
}

// Histories returns the history of each type of a ledger, sorted by name.
func Histories(ledger []Entry) []TypeHistory {
	found := map[string]*TypeHistory{}
	for _, e := range ledger {
		for _, t := range e.Types {
			if found[t.Name] == nil {
				found[t.Name] = &TypeHistory{Type: t.Name}
			}
			h := found[t.Name]
			h.Stages = append(h.Stages, ReleaseStage{e.Name, StageOf(t)})
		}
	}
	histories := []TypeHistory{}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		histories = append(histories, *found[name])
	}
	return histories
}

// Line says the history in a line. Releases in a row that have the type at one
// stage share their words: "v1 to v3: writes 1; v4: writes 2".
func (h TypeHistory) Line(ledger []Entry) string {
	var parts []string
	from, to, words := "", "", ""
	flush := func() {
		switch {
		case words == "":
		case from == to:
			parts = append(parts, from+": "+words)
		default:
			parts = append(parts, from+" to "+to+": "+words)
		}
	}
	stages := h.Stages
	for _, e := range ledger {
		now := "not there"
		if len(stages) > 0 && stages[0].Release == e.Name {
			now, stages = stages[0].String(), stages[1:]
		} else if words == "" {
			continue // not yet
		}
		if now != words {
			flush()
			from, words = e.Name, now
		}
		to = e.Name
	}
	flush()
	return strings.Join(parts, "; ")
}

// Stale is a computed attribute whose value may be out of date in documents that
// a withdrawn release wrote. Its JSON form is that of "esogen release".
type Stale struct {
	Type      string   `json:"type"`
	Attribute string   `json:"attribute"`
	Model     int      `json:"model"`
	Releases  []string `json:"releases"` // that may change an input, and do not know the attribute
}

// StaleAfter returns the computed attributes of models that the withdrawn
// release wrote and a live one does not know: a release recomputes only what it
// knows.
func StaleAfter(withdrawn *Entry, live []Entry) []Stale {
	found := []Stale{}
	for _, t := range withdrawn.Types {
		if t.Retired {
			continue
		}
		for number := 1; number <= t.Write; number++ {
			var releases []string
			for _, r := range live {
				if other := r.Type(t.Name); other != nil && !other.Retired && other.Model(number) == nil {
					releases = append(releases, r.Name)
				}
			}
			if len(releases) == 0 {
				continue
			}
			for _, computed := range t.Model(number).Computed {
				found = append(found, Stale{t.Name, computed.Name, number, releases})
			}
		}
	}
	return found
}
