package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/check"
)

// github writes workflow commands, which GitHub shows beside the lines of a
// change. Format: "Workflow commands for GitHub Actions", setting an error
// message. Files are named from the top of the repository, as GitHub expects.
func github(w *writer, r *check.Result, o Options) {
	for i := range r.Findings {
		f := &r.Findings[i]
		command(w, string(f.Severity), f, o, f.Rule, append([]string{f.Message, f.Hint}, append(slices.Clone(f.Trace), f.Docs)...))
	}
	for i := range r.Accepted {
		a := &r.Accepted[i]
		command(w, "notice", &a.Finding, o, "accepted: "+a.Finding.Rule, []string{a.Finding.Message, "accepted: " + a.Reason})
	}
	note := append([]string{summary(r)}, Remarks(r)...)
	for _, b := range r.Baselines {
		note = append(note, fmt.Sprintf("%s: %s", b.Role, b.Name))
	}
	w.line("::notice title=esogen check::%s", data.Replace(strings.Join(note, "\n")))
}

// command writes a workflow command about a finding.
func command(w *writer, name string, f *check.Finding, o Options, title string, lines []string) {
	var properties []string
	if f.File != "" {
		properties = append(properties, "file="+property.Replace(o.fromTop(f.File)))
		if f.Line > 0 {
			properties = append(properties, fmt.Sprintf("line=%d", f.Line), fmt.Sprintf("col=%d", f.Column))
		}
	}
	properties = append(properties, "title="+property.Replace(title))
	lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" })
	w.line("::%s %s::%s", name, strings.Join(properties, ","), data.Replace(strings.Join(lines, "\n")))
}

// What the runner of workflows unescapes, in the text and in a property.
var (
	data     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
