// Package report writes what check found, in the formats that people and
// machines read: text, json, github, sarif, junit and markdown.
//
// Each format shows every finding, with the id of its rule. Whatever comes from
// a spec, a name or a message, is escaped for the format.
package report

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/check"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/phrase"
)

// Options are what a format may want to know beside the findings.
type Options struct {
	Colours bool   // for text
	Specs   string // the directory of the specs, for findings that have no place
	Version string // of esogen, for sarif

	// Prefix leads from the top of the repository to the project, with slashes;
	// "" if they are the same. The formats that a forge lays beside the
	// lines of a change, github and sarif, name files from there.
	Prefix string
}

// fromTop returns the path of a file of the project as the repository has it.
func (o Options) fromTop(file string) string {
	if file == "" || path.IsAbs(file) {
		return file
	}
	return path.Join(o.Prefix, file)
}

// formats are the writers by name, in the order in which help lists them. JSON
// says every text exactly; the others show it to people.
var formats = []struct {
	name  string
	write func(*writer, *check.Result, Options)
	exact bool
	talks bool // has a place for what is not a finding
}{
	{"text", text, false, true},
	{"json", jsonObject, true, false},
	{"github", github, false, true},
	{"sarif", sarif, true, false},
	{"junit", junit, false, false},
	{"markdown", markdown, false, true},
}

// Formats returns the names of the formats, the default first.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Known reports whether there is a format of that name.
func Known(format string) bool { return slices.Contains(Formats(), format) }

// Talks reports whether a format has a place for what is not a finding: that nothing
// is deployed, which exceptions are in force.
func Talks(format string) bool {
	for _, f := range formats {
		if f.name == format {
			return f.talks
		}
	}
	return false
}

// Write writes a result in a format. The error is that of w, or says that there
// is no such format.
func Write(w io.Writer, format string, r *check.Result, o Options) error {
	for _, f := range formats {
		if f.name == format {
			out := &writer{Writer: bufio.NewWriter(w)}
			if !f.exact {
				r = visible(r)
			}
			f.write(out, r, o)
			return out.Flush()
		}
	}
	return fmt.Errorf("there is no format %q", format)
}

// visible returns a result in whose texts every letter can be seen: reasons and
// names come from specs, and are no commands to a terminal.
func visible(r *check.Result) *check.Result {
	shown := *r
	shown.Findings = slices.Clone(r.Findings)
	for i := range shown.Findings {
		makeVisible(&shown.Findings[i])
	}
	shown.Accepted = slices.Clone(r.Accepted)
	for i := range shown.Accepted {
		makeVisible(&shown.Accepted[i].Finding)
		shown.Accepted[i].Reason = printable(shown.Accepted[i].Reason)
	}
	shown.Baselines = slices.Clone(r.Baselines)
	for i := range shown.Baselines {
		shown.Baselines[i].Name = printable(shown.Baselines[i].Name)
	}
	shown.Exceptions = slices.Clone(r.Exceptions)
	for i := range shown.Exceptions {
		e := &shown.Exceptions[i]
		e.Reason, e.Attribute, e.Type = printable(e.Reason), printable(e.Attribute), printable(e.Type)
	}
	return &shown
}

func makeVisible(f *check.Finding) {
	for _, text := range []*string{&f.Type, &f.Attribute, &f.Message, &f.Hint, &f.File, &f.Baseline} {
		*text = printable(*text)
	}
	f.Trace = slices.Clone(f.Trace)
	for k := range f.Trace {
		f.Trace[k] = printable(f.Trace[k])
	}
}

func printable(s string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(s), " ") {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
	}
	return b.String()
}

// writer keeps the first error until the end, as bufio does.
type writer struct{ *bufio.Writer }

func (w *writer) line(format string, args ...any) {
	fmt.Fprintf(w, format, args...)
	w.WriteByte('\n')
}

// place is the place of a finding: file:line:column, as much of it as is known.
func place(f *check.Finding) string {
	switch {
	case f.File == "":
		return ""
	case f.Line == 0:
		return f.File
	default:
		return fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
	}
}

// summary says in a line what was judged, beside what, and what came out.
func summary(r *check.Result) string {
	if allInError(r) {
		return "nothing was compared: " + outcome(r)
	}
	return fmt.Sprintf("%s%s: %s", phrase.Count(r.Types, "type"), against(r), outcome(r))
}

// allInError reports whether no type was judged, because each has an error of its
// own.
func allInError(r *check.Result) bool {
	return r.Types == 0 && slices.ContainsFunc(r.Findings, func(f check.Finding) bool {
		rule := check.Lookup(f.Rule)
		return f.Severity == definition.Error && rule != nil && rule.Family() == check.Definition
	})
}

// against names the live releases, and counts the others.
func against(r *check.Result) string {
	if len(r.Baselines) == 0 {
		return ""
	}
	live, past, withdrawn := r.In(baseline.Live), len(r.In(baseline.History)), len(r.In(baseline.Withdrawn))
	text := " against " + phrase.List(phrase.Quoted(live))
	if len(live) == 0 {
		text = " against no live release"
	}
	var parts []string
	switch {
	case past > 0 && len(live) == 1 && r.Baselines[len(r.Baselines)-1].Role != baseline.History:
		parts = append(parts, phrase.Count(past, "release")+" before it")
	case past > 0:
		parts = append(parts, fmt.Sprintf("%s of history", phrase.Count(past, "release")))
	}
	if withdrawn > 0 {
		parts = append(parts, phrase.Count(withdrawn, "withdrawn release"))
	}
	joined := strings.Join(parts, " and ")
	switch {
	case joined == "":
		return text
	case len(live) > 1:
		return text + ", with " + joined
	default:
		return text + " and " + joined
	}
}

// outcome counts the findings.
func outcome(r *check.Result) string {
	var parts []string
	if n := r.Count(definition.Error); n > 0 {
		parts = append(parts, phrase.Count(n, "error"))
	}
	if n := r.Count(definition.Warning); n > 0 {
		parts = append(parts, phrase.Count(n, "warning"))
	}
	if len(parts) == 0 {
		return "nothing to report"
	}
	return strings.Join(parts, ", ")
}

// Remarks are what is to be said beside the findings, a line each: what the
// exceptions in force accept, and that nothing was compared, if that is so.
func Remarks(r *check.Result) []string {
	var lines []string
	for _, e := range r.Exceptions {
		lines = append(lines, InForce(e))
	}
	if text := uncompared(r); text != "" {
		lines = append(lines, text)
	}
	return lines
}

// uncompared says that nothing was compared, which is another thing than that
// nothing was found, or "".
func uncompared(r *check.Result) string {
	gone := r.LedgerGone()
	switch {
	case len(r.Baselines) == 0 && gone:
		return "nothing was compared: the ledger is gone"
	case len(r.Baselines) == 0:
		return "the ledger is empty: nothing is deployed, and nothing can break; if every merge is deployed, say --against git:origin/main"
	}
	return ""
}

// verdict says in a sentence whether the change is safe, or "" if that
// cannot be said.
func verdict(r *check.Result) string {
	live := r.In(baseline.Live)
	beside := "beside " + phrase.List(phrase.Quoted(live))
	if len(live) == 0 {
		beside = "with the documents that are there"
	}
	switch {
	case r.Safe && r.HasErrors() && !onlySecrets(r):
		return "no data is lost, but there are errors"
	case r.Safe && r.HasErrors():
		return "no data is lost, but a person must accept what happens to the secrets"
	case r.Safe && len(r.Baselines) == 0:
		return ""
	case r.Safe && risks(r) > 0:
		return fmt.Sprintf("safe %s but for %s that a person has accepted", beside, phrase.Count(risks(r), "finding"))
	case r.Safe && len(live) == 0:
		return "safe " + beside
	case r.Safe:
		return fmt.Sprintf("%s can run beside this release, and be rolled back to", phrase.List(phrase.Quoted(live)))
	case len(r.Baselines) == 0 || allInError(r):
		return "the specs have errors"
	default:
		return "not safe " + beside
	}
}

// onlySecrets reports whether all errors are about the protection of secrets.
func onlySecrets(r *check.Result) bool {
	return !slices.ContainsFunc(r.Findings, func(f check.Finding) bool {
		rule := check.Lookup(f.Rule)
		return f.Severity == definition.Error && (rule == nil || rule.Family() != check.Secret)
	})
}

// closing is what a report ends with: that nothing was compared, or the
// verdict.
func closing(r *check.Result) string {
	if text := uncompared(r); text != "" {
		return text
	}
	return verdict(r)
}

// risks counts the findings that mean lost data, and were accepted.
func risks(r *check.Result) int {
	n := 0
	for _, e := range r.Risks() {
		n += e.Accepted
	}
	return n
}
