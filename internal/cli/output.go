package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/files"
	"github.com/esogen/esogen/internal/golden"
	"github.com/esogen/esogen/internal/phrase"
)

// target is a directory that a command writes or checks.
type target struct {
	files.Dir
	command string // the command that brings it up to date
	types   int    // for the result
}

// name returns what messages call a directory that the user named.
func name(dir string) string { return filepath.ToSlash(filepath.Clean(dir)) }

// within returns a directory that the user named, by a flag or not at all. One
// of the project stays in the project.
func (a *app) within(dir string) files.Dir {
	return files.Dir{Root: a.dir(), Path: a.path(dir), Name: name(dir)}
}

// write makes the changes and prints what was done.
func (a *app) write(ctx context.Context, t target, tree files.Tree) error {
	changes, err := t.Compare(ctx, tree)
	if err != nil {
		return err
	}
	if err := t.Write(ctx, changes); err != nil {
		return err
	}
	a.leftBehind(t, tree, changes)
	written, removed := 0, 0
	for i := range changes {
		if changes[i].Kind == files.Orphaned {
			removed++
		} else {
			written++
		}
	}
	done := "nothing to do"
	switch {
	case removed > 0 && written > 0:
		done = fmt.Sprintf("%d written, %d removed", written, removed)
	case removed > 0:
		done = fmt.Sprintf("%d removed", removed)
	case written > 0:
		done = fmt.Sprintf("%d written", written)
	}
	fmt.Fprintf(a.out, "%s: %s, %s: %s\n", t.Name, phrase.Count(t.types, "type"), phrase.Count(len(tree), "file"), done)
	return nil
}

// leftBehind names the handwritten files that remain in directories whose other
// files were removed.
func (a *app) leftBehind(t target, tree files.Tree, changes []files.Change) {
	settled := map[string]bool{}
	for name := range tree {
		settled[path.Dir(name)] = true
	}
	for i := range changes {
		dir := path.Dir(changes[i].Path)
		if changes[i].Kind != files.Orphaned || settled[dir] {
			continue
		}
		settled[dir] = true
		entries, err := os.ReadDir(filepath.Join(t.Path, filepath.FromSlash(dir)))
		if err != nil {
			continue // it went with its last file
		}
		var names []string
		for _, entry := range entries {
			names = append(names, entry.Name())
		}
		a.say("warning: %s/%s: no spec declares its type any more; what esogen did not write stays: %s", t.Name, dir, strings.Join(names, ", "))
	}
}

// checking is how --check reports.
type checking struct{ check, json bool }

func (c *checking) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.check, "check", false, "write nothing; report what is stale, missing or orphaned as a diff, and exit with 1")
	cmd.Flags().BoolVar(&c.json, "json", false, "with --check: report as JSON")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if c.json && !c.check {
			return &exit{exitFailed, "--json goes with --check", ""}
		}
		return nil
	}
}

// state is a file that differs from what it should be, as --json prints it.
type state struct {
	Path   string     `json:"path"`
	State  files.Kind `json:"state"`
	Detail string     `json:"detail,omitempty"` // what is wrong, if the diff does not show it
	Diff   string     `json:"diff"`
}

// report prints what Compare finds, and then extra findings. The hint says what
// to do, if that is not to run the command.
func (a *app) report(ctx context.Context, t target, tree files.Tree, extra []state, asJSON bool, hint string) error {
	changes, err := t.Compare(ctx, tree)
	if err != nil {
		return err
	}
	states := []state{}
	for i := range changes {
		states = append(states, state{Path: changes[i].Name, State: changes[i].Kind, Diff: changes[i].Diff()})
	}
	states = append(states, extra...)
	if asJSON {
		if err := printJSON(a.out, states); err != nil {
			return err
		}
	} else {
		a.printStates(states)
	}
	if len(states) > 0 {
		return &exit{exitFindings, fmt.Sprintf("%s: %s", t.Name, countStates(states)), cmp.Or(hint, fmt.Sprintf("run %q", t.command))}
	}
	if !asJSON {
		fmt.Fprintf(a.out, "%s: %s, %s: up to date\n", t.Name, phrase.Count(t.types, "type"), phrase.Count(len(tree), "file"))
	}
	return nil
}

// printStates prints a patch. Programs such as patch skip lines that are not part
// of a diff.
func (a *app) printStates(states []state) {
	colours := isTerminal(a.out) && a.colours
	for _, s := range states {
		if s.Detail != "" {
			fmt.Fprintf(a.out, "%s: %s: %s\n", s.State, s.Path, s.Detail)
			continue
		}
		fmt.Fprintf(a.out, "%s: %s\n", s.State, s.Path)
		for line := range strings.Lines(s.Diff) {
			line = strings.TrimSuffix(line, "\n")
			switch {
			case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "): // most likely the head
			case strings.HasPrefix(line, "+"):
				line = paint(colours, green, line)
			case strings.HasPrefix(line, "-"):
				line = paint(colours, red, line)
			}
			fmt.Fprintln(a.out, line)
		}
	}
}

func countStates(states []state) string {
	var parts []string
	for _, kind := range []files.Kind{golden.BrokenFile, files.Stale, files.Missing, files.Orphaned} {
		n := 0
		for _, s := range states {
			if s.State == kind {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, kind))
		}
	}
	return strings.Join(parts, ", ")
}

func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
