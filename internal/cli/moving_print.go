package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/transfer"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// The results of export and import, as JSON. Every key is present.
type (
	exportJSON struct {
		Exported   int64              `json:"exported"`
		Failed     int64              `json:"failed"`
		Shredded   int64              `json:"shredded"`
		Unreadable int64              `json:"unreadable"`
		Types      []*transfer.Counts `json:"types"`
		Failures   []transfer.Failure `json:"failures"` // the first 1,000 of each type
	}
	importJSON struct {
		Complete bool                 `json:"complete"`
		Created  int64                `json:"created"`
		Replaced int64                `json:"replaced"`
		Skipped  int64                `json:"skipped"`
		Before   int64                `json:"before"`
		Passed   int64                `json:"passed"`
		Failed   int64                `json:"failed"`
		Types    []*transfer.Imported `json:"types"`
		Failures []transfer.Failure   `json:"failures"`
		Export   []*transfer.Counts   `json:"export"`
	}
)

// printExport prints the counts of each type: to standard error if
// standard output is the stream.
func (a *app) printExport(report transfer.ExportReport, e *exporting) error {
	if e.asJSON {
		total := report.Total()
		return printJSON(a.out, exportJSON{total.Exported, total.Failed, total.Shredded, total.Unreadable, orEmpty(report.Counts), orEmpty(report.Failures)})
	}
	print := func(line string) { fmt.Fprintln(a.out, line) }
	if e.output == "" {
		print = func(line string) { a.say("%s", line) }
	}
	for _, c := range report.Counts {
		print(fmt.Sprintf("%s: %d exported%s", c.Type, c.Exported,
			also(c.Shredded, "shredded")+also(c.Failed, "failed")+also(c.Unreadable, unreadableRows)))
		printFailures(print, report.Failures, c.Type, c.Failed)
	}
	if len(report.Counts) == 0 {
		print("no objects")
	}
	return nil
}

const unreadableRows = "with a key that no store writes"

// also is a part of a line of counts, for a number that is mostly 0.
func also(n int64, what string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d %s", n, what)
}

// printFailures prints the objects of a type that failed.
func printFailures(print func(string), failures []transfer.Failure, typ string, failed int64) {
	shown := int64(0)
	for _, f := range failures {
		if f.Type != typ {
			continue
		}
		shown++
		text := fmt.Sprintf("  %q", f.ID)
		if f.Namespace != "" {
			text += fmt.Sprintf(" in %q", f.Namespace)
		}
		text += fmt.Sprintf(", model %d", f.Model)
		if f.Attribute != "" {
			text += fmt.Sprintf(", attribute %q", f.Attribute)
		}
		print(text + ": " + word(f.Reason))
	}
	if shown < failed {
		print(fmt.Sprintf("  and %d more", failed-shown))
	}
}

// failedFor reports whether an object failed for a reason.
func failedFor(reason store.Reason, failures []transfer.Failure) bool {
	return slices.ContainsFunc(failures, func(f transfer.Failure) bool { return f.Reason == string(reason) })
}

// exportHint says what to do about objects that are not in a stream.
func exportHint(failures []transfer.Failure) string {
	if failedFor(store.ReasonNoKey, failures) {
		return "no-key: --keys lacks the key of an object; with the newest key file, export all of it into another stream"
	}
	if failedFor(store.ReasonKeyKind, failures) {
		return `key-kind: the transfer key seals the native format only; "esogen keys make FILE --kibana" makes one for both: export all of it under that one into another stream`
	}
	return "mend what failed, and export it with --type into another stream"
}

// importHint says what to do about objects that were not stored.
func importHint(ctx context.Context, i *importing, keys eso.Keyring, failures []transfer.Failure) string {
	again := "import the stream again: it passes over what it has stored"
	if i.kibana {
		again = "import the same input again: it passes over what it has stored"
	}
	var lacking []string
	for _, f := range failures {
		if f.Reason == string(store.ReasonNoKey) {
			lacking = append(lacking, f.Namespace)
		}
	}
	provide := provisionHint(ctx, keys, i.keys.file, lacking)
	switch {
	case provide != "":
		return provide + "; then " + again
	case failedFor(store.ReasonKeyKind, failures):
		return kindHint(i.keys.file) + "; then " + again
	case i.kibana:
		// An input is known by its bytes.
		return "mend what failed, and import that with --on-conflict skip: what is stored already is a conflict with a mended input"
	case failedFor(store.ReasonExists, failures):
		return "exists: the id is taken; --on-conflict skip or replace says what is to become of it; then " + again
	}
	return "mend what failed, and " + again
}

// printImport prints the counts of each type.
func (a *app) printImport(report transfer.ImportReport, asJSON bool) error {
	total := report.Total()
	if asJSON {
		return printJSON(a.out, importJSON{report.Complete, total.Created, total.Replaced, total.Skipped, total.Before, total.Passed, total.Failed,
			orEmpty(report.Types), orEmpty(report.Failures), orEmpty(report.Export)})
	}
	print := func(line string) { fmt.Fprintln(a.out, line) }
	for _, c := range report.Types {
		if c.Passed > 0 {
			print(fmt.Sprintf("%s: %d passed over", c.Type, c.Passed))
			continue
		}
		print(fmt.Sprintf("%s: %d created%s", c.Type, c.Created,
			also(c.Replaced, "replaced")+also(c.Skipped, "skipped")+also(c.Before, "imported before")+also(c.Failed, "failed")))
		printFailures(print, report.Failures, c.Type, c.Failed)
	}
	for _, c := range report.Export {
		missing := also(c.Failed, "failed") + also(c.Shredded, "shredded") + also(c.Unreadable, unreadableRows)
		if missing != "" {
			print(fmt.Sprintf("%s: not in the stream: %s", c.Type, strings.TrimPrefix(missing, ", ")))
		}
	}
	if len(report.Types) == 0 {
		print("no objects")
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// unreached says so if no connection to a server could be made, or returns the other
// error.
func unreached(otherwise, err error) error {
	if !unreachable(err) {
		return otherwise
	}
	// The driver puts each address on a line of its own.
	return &exit{exitFailed, strings.Join(strings.Fields(err.Error()), " "), "is the server there, and does it let this user in? --dsn says which one was asked"}
}
