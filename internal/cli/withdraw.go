package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/files"
	"github.com/esogen/esogen/internal/phrase"
)

// supported puts the file of supported releases into the tree, where --support
// was given.
func (f *releaseFlags) supported(entries []baseline.Entry, tree files.Tree) error {
	if !f.setSupport {
		return nil
	}
	for _, name := range f.support {
		e, err := recordedRelease(entries, name)
		if err != nil {
			return err
		}
		if e.Role == baseline.Withdrawn {
			return hinted(fmt.Errorf("the release %q is withdrawn, and cannot be supported", name), "name the releases that customers still run")
		}
	}
	tree[baseline.SupportPath] = baseline.SupportFile(f.support)
	return nil
}

// recordedRelease finds a release of the ledger.
func recordedRelease(entries []baseline.Entry, name string) (*baseline.Entry, error) {
	if i := slices.IndexFunc(entries, func(e baseline.Entry) bool { return e.Name == name }); i >= 0 {
		return &entries[i], nil
	}
	err := fmt.Errorf("there is no release %q in the ledger", name)
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name
	}
	if near := definition.Nearest(name, names); near != "" {
		return nil, hinted(err, fmt.Sprintf("did you mean %q?", near))
	}
	return nil, hinted(err, `"esogen release --list" shows all`)
}

// support sets which releases are supported.
func (a *app) support(ctx context.Context, f releaseFlags) error {
	entries, err := a.ledger(ctx)
	if err != nil {
		return err
	}
	tree := files.Tree{}
	if err := f.supported(entries, tree); err != nil {
		return err
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

// stale is a computed attribute whose value may be out of date in documents that
// a withdrawn release wrote.
type stale struct {
	Type      string   `json:"type"`
	Attribute string   `json:"attribute"`
	Model     int      `json:"model"`
	Releases  []string `json:"releases"` // that change what it is computed from, and do not know it
}

// withdraw records that a release was rolled back for good.
func (a *app) withdraw(ctx context.Context, f releaseFlags) error {
	entries, err := a.ledger(ctx)
	if err != nil {
		return err
	}
	e, err := recordedRelease(entries, f.withdraw)
	if err != nil {
		return err
	}
	if e.Role == baseline.Withdrawn {
		return hinted(fmt.Errorf("the release %q is withdrawn already: %s", e.Name, e.Reason), "a release that is rolled out again gets another name")
	}
	reason := strings.Join(strings.Fields(f.reason), " ")
	tree := files.Tree{baseline.WithdrawalPath(e.Name): baseline.Withdrawal(e.Name, reason)}
	if e.Supported {
		var rest []string
		for _, other := range entries {
			if other.Supported && other.Name != e.Name {
				rest = append(rest, other.Name)
			}
		}
		tree[baseline.SupportPath] = baseline.SupportFile(rest)
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
	found := staleAfter(&withdrawn, live)
	path := name(a.golden) + "/" + baseline.WithdrawalPath(withdrawn.Name)
	if f.json {
		return printJSON(a.out, struct {
			Withdrawn string   `json:"withdrawn"`
			Reason    string   `json:"reason"`
			Path      string   `json:"path"`
			Live      []string `json:"live"` // from now on
			Stale     []stale  `json:"stale"`
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

// staleAfter returns the computed attributes of models that the withdrawn
// release wrote and a live one does not know: a release keeps in step what it
// knows.
func staleAfter(withdrawn *baseline.Entry, live []baseline.Entry) []stale {
	found := []stale{}
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
				found = append(found, stale{t.Name, computed.Name, number, releases})
			}
		}
	}
	return found
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
