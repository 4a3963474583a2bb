package report

import (
	"fmt"
	"strings"

	"github.com/esogen/esogen/internal/check"
)

// github writes workflow commands, which GitHub shows beside the lines of a
// change. Format: "Workflow commands for GitHub Actions", setting an error
// message. Files are named from the top of the repository, as GitHub expects.
func github(w *writer, r *check.Result, o Options) {
	for i := range r.Findings {
		f := &r.Findings[i]
		var properties []string
		if f.File != "" {
			properties = append(properties, "file="+property.Replace(o.fromTop(f.File)))
			if f.Line > 0 {
				properties = append(properties, fmt.Sprintf("line=%d", f.Line), fmt.Sprintf("col=%d", f.Column))
			}
		}
		properties = append(properties, "title="+property.Replace(f.Rule))
		lines := []string{f.Message}
		if f.Hint != "" {
			lines = append(lines, f.Hint)
		}
		lines = append(lines, f.Trace...)
		lines = append(lines, f.Docs)
		w.line("::%s %s::%s", f.Severity, strings.Join(properties, ","), data.Replace(strings.Join(lines, "\n")))
	}
	note := summary(r)
	if r.Running == "" {
		note += "\n" + NothingDeployed
	}
	for _, e := range r.Exceptions {
		note += "\n" + InForce(e)
	}
	w.line("::notice title=esogen check::%s", data.Replace(note))
}

// What the runner of workflows unescapes, in the text and in a property.
var (
	data     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
