package check

import (
	"context"
	"fmt"
	"strings"
	"text/template"

	"github.com/esogen/esogen/templates"
)

// explanation is what there is to say about a rule. Terminal and page are two
// templates over the same.
type explanation struct {
	*Rule
	Found *Finding // what the example gives
}

var explanations = template.Must(template.New("").Funcs(template.FuncMap{
	"wrap":   wrap,
	"indent": indent,
	"title":  func(s string) string { return strings.ToUpper(s[:1]) + s[1:] },
}).Parse(templates.Rules))

// Explain says what a rule finds, why that is bad, an example with what would
// happen, and the way out, for a terminal.
func Explain(ctx context.Context, rule *Rule) (string, error) { return explain(ctx, "terminal", rule) }

// Page is docs/rules.md: all rules, by family.
func Page(ctx context.Context) (string, error) {
	type family struct {
		Family
		About string
		Rules []string
	}
	var families []family
	for _, f := range Families() {
		one := family{Family: f, About: about[f]}
		for _, rule := range catalogue {
			if rule.Family() != f {
				continue
			}
			text, err := explain(ctx, "page", rule)
			if err != nil {
				return "", err
			}
			one.Rules = append(one.Rules, text)
		}
		families = append(families, one)
	}
	var b strings.Builder
	err := explanations.ExecuteTemplate(&b, "rules", map[string]any{"Families": families, "Rules": catalogue})
	return b.String(), err
}

// about says of each family what its rules have in common.
var about = map[Family]string{
	Rollout: "Names for what the simulator finds when it plays the running release and the new one over one store. Each comes with the shortest sequence of " +
		"operations that loses data. An error: the change is not safe.",
	History:    "What was released stays as it is. What only the default branch holds was never in production, and may change freely.",
	Secret:     "Changes that lose no data and weaken the protection of a secret. They are errors until a person says in an exception why the change is right.",
	Definition: "What a spec says, by itself. Errors stop every command; `esogen check` lists them as findings. A warning is silenced by an exception.",
}

func explain(ctx context.Context, form string, rule *Rule) (string, error) {
	e := explanation{Rule: rule}
	result, err := Try(ctx, rule.Example)
	if err != nil {
		return "", err
	}
	for i := range result.Findings {
		if result.Findings[i].Rule == rule.ID {
			e.Found = &result.Findings[i]
		}
	}
	var b strings.Builder
	err = explanations.ExecuteTemplate(&b, form, e)
	return b.String(), err
}

// Accepts says whether an exception is accepted.
func (r *Rule) Accepts() string {
	switch {
	case !r.Excepted():
		return "no exception is accepted"
	case r.Severity == "warning":
		return "an exception silences it"
	case r.Condition:
		return "the change is safe under a condition that an exception confirms"
	case r.Safe:
		return "no data is lost; an error until there is an exception"
	default:
		return "the change is not safe; an exception accepts it"
	}
}

// List is all rules, a line each, by family.
func List() string {
	width := 0
	for _, rule := range catalogue {
		width = max(width, len(rule.ID))
	}
	var b strings.Builder
	for i, family := range Families() {
		if i > 0 {
			b.WriteByte('\n')
		}
		for _, rule := range catalogue {
			if rule.Family() == family {
				fmt.Fprintf(&b, "%-*s  %-7s  %s\n", width, rule.ID, rule.Severity, rule.Purpose)
			}
		}
	}
	return b.String()
}

// wrap breaks a text into lines of at most 80 letters.
func wrap(text string) string {
	var b strings.Builder
	width := 0
	for _, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case width == 0:
		case width+1+n > 80:
			b.WriteByte('\n')
			width = 0
		default:
			b.WriteByte(' ')
			width++
		}
		b.WriteString(word)
		width += n
	}
	return b.String()
}

// indent moves every line of a text to the right.
func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line != "\n" {
			b.WriteString("    ")
		}
		b.WriteString(line)
	}
	return b.String()
}
