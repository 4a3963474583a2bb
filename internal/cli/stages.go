package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/phrase"
)

// stage is where a type stands in a release: which models it knows, and which
// one it writes.
type stage struct {
	Retired   bool   `json:"retired"`
	Write     int    `json:"write"`     // 0 where nothing is written any more
	Announced []int  `json:"announced"` // models above the one that is written
	Oldest    int    `json:"oldest"`
	Hash      string `json:"hash"` // "" where the type is retired
}

// typeStage is the stage of one type in one release.
type typeStage struct {
	Type string `json:"type"`
	stage
}

func stageOf(t *definition.Type) stage {
	if t.Retired || len(t.Models) == 0 {
		return stage{Retired: true, Announced: []int{}}
	}
	s := stage{Write: t.Write, Announced: []int{}, Oldest: t.Oldest, Hash: t.Hash()}
	for _, m := range t.Announced() {
		s.Announced = append(s.Announced, m.Number)
	}
	return s
}

// String puts it into the words of the release: "writes 1, announces 2".
func (s stage) String() string {
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

// history is the stages of one type over the ledger.
type history struct {
	Type   string         `json:"type"`
	Stages []releaseStage `json:"stages"`
}

type releaseStage struct {
	Release string `json:"release"`
	stage
}

func (a *app) listReleases(ctx context.Context, asJSON bool) error {
	entries, err := a.ledger(ctx)
	if err != nil {
		return err
	}
	histories := historiesOf(entries)
	if asJSON {
		return a.printLedgerJSON(entries, histories)
	}
	if len(entries) == 0 {
		fmt.Fprintln(a.out, "no release is recorded, so nothing is deployed")
		return nil
	}
	width := 0
	for _, e := range entries {
		width = max(width, len(e.Name))
	}
	for _, e := range entries {
		fmt.Fprintf(a.out, "%d  %-*s  %s%s\n", e.Number, width, e.Name, phrase.Count(len(e.Types), "type"), standing(&e))
	}
	fmt.Fprintln(a.out)
	width = 0
	for _, h := range histories {
		width = max(width, len(h.Type))
	}
	for _, h := range histories {
		fmt.Fprintf(a.out, "%-*s  %s\n", width, h.Type, h.text(entries))
	}
	return nil
}

// standing says what is particular about a release.
func standing(e *baseline.Entry) string {
	text := ""
	if len(e.Flags) > 0 {
		text += ", with " + strings.Join(e.Flags, ", ")
	}
	switch {
	case e.Reason != "":
		text += ", withdrawn: " + e.Reason
	case e.Supported:
		text += ", supported"
	}
	return text
}

// historiesOf turns releases into histories of their types, sorted by name.
func historiesOf(entries []baseline.Entry) []history {
	found := map[string]*history{}
	for _, e := range entries {
		for _, t := range e.Types {
			if found[t.Name] == nil {
				found[t.Name] = &history{Type: t.Name}
			}
			h := found[t.Name]
			h.Stages = append(h.Stages, releaseStage{e.Name, stageOf(t)})
		}
	}
	histories := []history{}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		histories = append(histories, *found[name])
	}
	return histories
}

// text tells the history in a line. Releases in a row that have the type at one
// stage share their words: "v1 to v3: writes 1; v4: writes 2".
func (h history) text(entries []baseline.Entry) string {
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
	for _, e := range entries {
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

func (a *app) printLedgerJSON(entries []baseline.Entry, histories []history) error {
	type line struct {
		Number  int    `json:"number"`
		Release string `json:"release"`
		Types   int    `json:"types"`

		Role      baseline.Role `json:"role"`
		Supported bool          `json:"supported"`
		Reason    string        `json:"reason"` // why it was withdrawn, or ""
		Flags     []string      `json:"flags"`
	}
	lines := []line{}
	for _, e := range entries {
		lines = append(lines, line{e.Number, e.Name, len(e.Types), e.Role, e.Supported, e.Reason, notNil(e.Flags)})
	}
	return printJSON(a.out, struct {
		Releases []line    `json:"releases"`
		Types    []history `json:"types"`
	}{lines, histories})
}
