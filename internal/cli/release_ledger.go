package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/phrase"
)

func (a *app) listReleases(ctx context.Context, asJSON bool) error {
	entries, err := a.ledger(ctx)
	if err != nil {
		return err
	}
	histories := baseline.Histories(entries)
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
		fmt.Fprintf(a.out, "%-*s  %s\n", width, h.Type, h.Line(entries))
	}
	return nil
}

// standing says what is special about a release.
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

func (a *app) printLedgerJSON(entries []baseline.Entry, histories []baseline.TypeHistory) error {
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
		Releases []line                 `json:"releases"`
		Types    []baseline.TypeHistory `json:"types"`
	}{lines, histories})
}

// support sets which releases are supported.
func (a *app) support(ctx context.Context, f releaseFlags) error {
	entries, err := a.ledger(ctx)
	if err != nil {
		return err
	}
	tree, err := baseline.Support(entries, f.support)
	if err != nil {
		return baselineHint(err)
	}
	if err := a.writeLedger(ctx, tree); err != nil {
		return err
	}
	if f.json {
		return printJSON(a.out, struct {
			Path    string   `json:"path"`
			Support []string `json:"support"`
		}{name(a.golden) + "/" + baseline.SupportPath, notNil(f.support)})
	}
	a.printSupport(f.support)
	return nil
}

func (a *app) printSupport(names []string) {
	text := "no earlier release is supported"
	if len(names) > 0 {
		text = "customers still upgrade from " + phrase.List(phrase.Quoted(names))
	}
	fmt.Fprintf(a.out, "%s/%s: %s\n", name(a.golden), baseline.SupportPath, text)
}

// withdraw records that a release was rolled back permanently.
func (a *app) withdraw(ctx context.Context, f releaseFlags) error {
	entries, err := a.ledger(ctx)
	if err != nil {
		return err
	}
	reason := strings.Join(strings.Fields(f.reason), " ")
	tree, err := baseline.Withdraw(entries, f.withdraw, reason)
	if err != nil {
		return baselineHint(err)
	}
	e, err := baseline.Recorded(entries, f.withdraw)
	if err != nil {
		return err
	}
	withdrawn := *e
	if err := a.writeLedger(ctx, tree); err != nil {
		return err
	}
	if entries, err = a.ledger(ctx); err != nil {
		return err
	}
	var live []baseline.Entry
	names := []string{}
	for _, other := range entries {
		if other.Role == baseline.Live {
			live, names = append(live, other), append(names, other.Name)
		}
	}
	found := baseline.StaleAfter(&withdrawn, live)
	path := name(a.golden) + "/" + baseline.WithdrawalPath(withdrawn.Name)
	if f.json {
		return printJSON(a.out, struct {
			Withdrawn string           `json:"withdrawn"`
			Reason    string           `json:"reason"`
			Path      string           `json:"path"`
			Live      []string         `json:"live"` // from now on
			Stale     []baseline.Stale `json:"stale"`
		}{withdrawn.Name, reason, path, names, found})
	}
	text := "no release is live now"
	if len(names) > 0 {
		text = phrase.List(phrase.Quoted(names)) + " " + plural(len(names), "is", "are") + " live now"
	}
	fmt.Fprintf(a.out, "%s: release %q announced nothing, and its documents remain; %s\n", path, withdrawn.Name, text)
	for _, s := range found {
		fmt.Fprintf(a.out, "%s: %q, which model %d computes, may be out of date in documents that %q wrote: %s %s not know the model, and may change what it is computed from\n",
			s.Type, s.Attribute, s.Model, withdrawn.Name, phrase.List(phrase.Quoted(s.Releases)), plural(len(s.Releases), "does", "do"))
	}
	return nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// completeReleases offers the names of the ledger for the last item of a list.
func (a *app) completeReleases(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	entries, err := a.ledger(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	before := typed[:strings.LastIndex(typed, ",")+1]
	var names []string
	for _, e := range entries {
		if e.Role != baseline.Withdrawn {
			names = append(names, before+e.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
