package report

import (
	"fmt"
	"strings"

	"github.com/esogen/esogen/internal/check"
	"github.com/esogen/esogen/internal/definition"
)

const (
	red    = "31"
	yellow = "33"
	bold   = "1"
	faint  = "2"
)

func paint(on bool, colour, text string) string {
	if !on {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// text is for a person: a finding is a line as a compiler's, with what to do,
// the trace and the page below it.
func text(w *writer, r *check.Result, o Options) {
	for i := range r.Findings {
		finding(w, &r.Findings[i], o)
	}
	if len(r.Findings) > 0 {
		w.line("")
	}
	for _, a := range r.Accepted {
		accepted(w, &a)
	}
	for _, e := range r.Exceptions {
		w.line("%s", InForce(e))
	}
	w.line("check: %s", summary(r))
	if text := closing(r); text != "" {
		w.line("check: %s", text)
	}
}

// accepted is a finding that a person has accepted, without its trace.
func accepted(w *writer, a *check.Accepted) {
	if at := place(&a.Finding); at != "" {
		w.WriteString(at + ": ")
	}
	w.line("accepted: %s [%s]", a.Finding.Message, a.Finding.Rule)
}

func finding(w *writer, f *check.Finding, o Options) {
	if at := place(f); at != "" {
		w.WriteString(at + ": ")
	}
	colour := red
	if f.Severity == definition.Warning {
		colour = yellow
	}
	w.line("%s %s %s", paint(o.Colours, colour, string(f.Severity)+":"), paint(o.Colours, bold, f.Message), "["+f.Rule+"]")
	if f.Hint != "" {
		w.line("    %s", f.Hint)
	}
	for _, line := range f.Trace {
		w.line("      %s", line)
	}
	if f.Severity == definition.Error {
		w.line("    %s", paint(o.Colours, faint, f.Docs))
	}
}

// InForce is an exception in a line: what it accepts, or that it is unused.
func InForce(e check.Exception) string {
	var b strings.Builder
	e.Attribute, e.Reason = printable(e.Attribute), printable(e.Reason)
	word := "accepted"
	if e.Unused() {
		word = "unused exception"
	}
	fmt.Fprintf(&b, "%s: %s: %s", e.Position, word, e.Rule)
	if e.Attribute != "" {
		fmt.Fprintf(&b, " for %q", e.Attribute)
	}
	if e.Model != 0 {
		fmt.Fprintf(&b, " in model %d", e.Model)
	}
	if e.Until != "" {
		fmt.Fprintf(&b, " until %s", e.Until)
	}
	fmt.Fprintf(&b, ": %s", e.Reason)
	return b.String()
}
