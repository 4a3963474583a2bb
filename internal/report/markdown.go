package report

import (
	"fmt"
	"html"
	"strings"

	"github.com/esogen/esogen/internal/check"
	"github.com/esogen/esogen/internal/phrase"
)

// markdown is for a comment on a change: a table for each type, and the traces
// folded below it.
func markdown(w *writer, r *check.Result, _ Options) {
	w.line("### esogen check")
	w.line("")
	w.line("%s.", prose(upper(summary(r))))
	if text := closing(r); text != "" {
		w.line("%s.", prose(upper(text)))
	}
	for _, group := range byType(r.Findings) {
		w.line("")
		if name := group[0].Type; name != "" {
			w.line("#### %s", code(name))
		} else {
			w.line("#### The specs")
		}
		w.line("")
		w.line("| | rule | what | what to do | where |")
		w.line("|---|---|---|---|---|")
		for _, f := range group {
			w.line("| %s | [%s](%s) | %s | %s | %s |", f.Severity, code(f.Rule), f.Docs, prose(f.Message), prose(f.Hint), code(place(f)))
		}
		for _, f := range group {
			if len(f.Trace) == 0 {
				continue
			}
			w.line("")
			w.line("<details><summary>What would happen: %s</summary>", html.EscapeString(f.Rule))
			w.line("")
			for _, line := range f.Trace { // a numbered list, and what follows from it
				if line == "" || line[0] < '0' || line[0] > '9' {
					w.line("")
				}
				w.line("%s", prose(line))
			}
			w.line("")
			w.line("</details>")
		}
	}
	if len(r.Accepted) > 0 {
		folded(w, phrase.Count(len(r.Accepted), "accepted finding"), "| type | rule | what | reason | where |", func() {
			for _, a := range r.Accepted {
				f := &a.Finding
				w.line("| %s | [%s](%s) | %s | %s | %s |", code(f.Type), code(f.Rule), f.Docs, prose(f.Message), prose(a.Reason), code(place(f)))
			}
		})
	}
	if len(r.Exceptions) > 0 {
		folded(w, phrase.Count(len(r.Exceptions), "exception")+" in force", "| type | rule | attribute | model | until | reason |", func() {
			for _, e := range r.Exceptions {
				model, reason := "", prose(e.Reason)
				if e.Model != 0 {
					model = fmt.Sprint(e.Model)
				}
				if e.Unused() {
					reason += " (unused)"
				}
				w.line("| %s | %s | %s | %s | %s | %s |", code(e.Type), code(e.Rule), code(e.Attribute), model, prose(e.Until), reason)
			}
		})
	}
	if len(r.Baselines) > 1 {
		folded(w, phrase.Count(len(r.Baselines), "baseline"), "| release | role |", func() {
			for _, b := range r.Baselines {
				w.line("| %s | %s |", code(b.Name), prose(string(b.Role)))
			}
		})
	}
}

// folded writes a table that a reader opens.
func folded(w *writer, title, head string, rows func()) {
	w.line("")
	w.line("<details><summary>%s</summary>", title)
	w.line("")
	w.line("%s", head)
	w.line("%s|", strings.Repeat("|---", strings.Count(head, "|")-1))
	rows()
	w.line("")
	w.line("</details>")
}

// byType groups findings by their types, in the order of the first of each.
func byType(findings []check.Finding) [][]*check.Finding {
	var groups [][]*check.Finding
	index := map[string]int{}
	for i := range findings {
		f := &findings[i]
		at, ok := index[f.Type]
		if !ok {
			at = len(groups)
			index[f.Type] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], f)
	}
	return groups
}

// prose writes a text in a table: nothing in it is markup, and
// nobody is called by an @.
func prose(s string) string {
	return marks.Replace(strings.Join(strings.Fields(s), " "))
}

var marks = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, `\`, `\\`, "@", "@<!-- -->", "#", `\#`, "~", `\~`)

// code writes a name in a table.
func code(s string) string {
	if s == "" {
		return ""
	}
	return "<code>" + strings.NewReplacer("|", "&#124;", "`", "&#96;", "*", "&#42;", "_", "&#95;", "[", "&#91;", "]", "&#93;", `\`, "&#92;", "@", "&#64;", "~", "&#126;").
		Replace(html.EscapeString(s)) + "</code>"
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
