package spec

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	schema "github.com/esogen/esogen/eso"
	"github.com/esogen/esogen/internal/definition"
)

// syntaxError says what the parser found in our words, where the mistake is a
// common one: at the place of the mistake, which may be before that of the
// parser, and with what to write instead.
func (p *pkg) syntaxError(f *file, at Position, message string, offset int) explained {
	e := explained{at: at, message: message}
	before, after := f.text[:offset], f.text[offset:]
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	full := string(line)
	if end := bytes.IndexByte(after, '\n'); end >= 0 {
		full += string(after[:end])
	} else {
		full += string(after)
	}
	found, _ := utf8.DecodeRune(after)
	switch {
	case strings.HasPrefix(message, "identifiers starting with"):
		e.hint = "write the name in quotes"
	case strings.HasPrefix(message, "expected label or ':'") && assignment.MatchString(lineBefore(before)):
		above := lineBefore(before)
		e.at.Line--
		e.at.Column = len(above) - len(strings.TrimLeft(above, " \t")) + 1
		e.message, e.hint = "a field is written with =", labelHint(above)
	case strings.HasPrefix(message, "expected ':', found newline") && bytes.HasSuffix(bytes.TrimRight(before, " \t"), []byte("?")):
		e.at.Column = len(bytes.TrimRight(line, " \t"))
		e.message, e.hint = markBehind, "write it behind the name, as in note?: string"
	case strings.HasPrefix(message, "missing ','") && found == '?':
		e.message, e.hint = markBehind, "write it behind the name, as in note?: string"
	case strings.HasPrefix(message, "illegal character"):
		e.message, e.hint = illegal(found, message)
	case strings.HasSuffix(message, "found 'EOF'") && strings.HasPrefix(message, "expected '"):
		if open := unclosed(f.text); open != nil {
			e.at.Line, e.at.Column = open.line, open.column
			e.message, e.hint = open.message, open.hint
		}
	case strings.HasPrefix(message, "expected 'EOF', found '"):
		e.message = fmt.Sprintf("the %q closes nothing", found)
		e.hint = "take it out, or open what it is to close"
	case strings.HasPrefix(message, "missing ','") && bytes.HasSuffix(before, []byte("[]")):
		e.hint = "write a list as [...string]"
	case strings.HasPrefix(message, "missing ','") && numberLabel.MatchString(full):
		e.hint = fmt.Sprintf("write the number in quotes, as in %q: …", numberLabel.FindStringSubmatch(full)[1])
	case strings.HasPrefix(message, "missing ','") && dashedLabel.MatchString(full):
		e.hint = fmt.Sprintf("write the name in quotes, as in %q: …", dashedLabel.FindStringSubmatch(full)[1])
	case strings.HasPrefix(message, "missing ','") && strings.HasSuffix(message, "in list literal"):
		e.hint = "close the list with ], or write a comma between its elements"
	case strings.HasPrefix(message, "missing ',' in struct literal") && found == ';':
		e.hint = "write a comma, or a new line"
	case strings.HasPrefix(message, "missing ','") && bytes.HasSuffix(before, []byte("]")) && goMap.MatchString(full):
		e.hint = "write a map as {[string]: " + goMap.FindStringSubmatch(full)[1] + "}"
	case strings.HasPrefix(message, "expected label or ':'"), strings.HasPrefix(message, "missing ','"):
		e.hint = labelHint(full)
	case strings.HasPrefix(message, "expected operand, found '='"):
		e.hint = "write a colon between a name and its value, as in name: value"
	case strings.HasPrefix(message, "expected operand, found ','"):
		e.hint = "write one comma"
	}
	return e
}

const markBehind = "a question mark stands behind the value"

// lineBefore returns the line above the last one of a text.
func lineBefore(text []byte) string {
	end := bytes.LastIndexByte(text, '\n')
	if end < 0 {
		return ""
	}
	return string(text[bytes.LastIndexByte(text[:end], '\n')+1 : end])
}

var (
	numberLabel = regexp.MustCompile(`(?:^|[\s:{,])([0-9]+)\s*:`)
	dashedLabel = regexp.MustCompile(`^\s*([A-Za-z_$][A-Za-z0-9_$]*(?:-[A-Za-z0-9_$]+)+)\s*[?!]?:`)
	twoWords    = regexp.MustCompile(`(?:^|[{,])\s*([A-Za-z_$][A-Za-z0-9_$]*)([?!]?)\s+([A-Za-z_$"\[{][^,}]*)`)
	goMap       = regexp.MustCompile(`\bmap\[[a-z]+\]([A-Za-z_#.]+)`)
	assignment  = regexp.MustCompile(`^\s*([A-Za-z_$][A-Za-z0-9_$]*)\s*=\s*\S`)
)

// labelHint says how a field is written, by what the line seems to mean.
func labelHint(line string) string {
	switch trimmed := strings.TrimSpace(line); {
	case strings.HasPrefix(trimmed, "#"):
		return "begin a comment with //"
	case assignment.MatchString(line):
		return fmt.Sprintf("write a colon between a name and its value: %s: …", assignment.FindStringSubmatch(line)[1])
	case twoWords.MatchString(line):
		words := twoWords.FindStringSubmatch(line)
		return fmt.Sprintf("write a colon behind the name: %s%s: %s", words[1], words[2], strings.TrimSpace(words[3]))
	}
	return "write a field as name: value"
}

// illegal explains characters that look like others.
func illegal(c rune, message string) (text, hint string) {
	switch c {
	case '“', '”', '„', '«', '»', '‘', '’', '‚':
		return fmt.Sprintf("%q is a typographic quotation mark", c), `write straight ones: "…"`
	case '\u00a0', '\u202f', '\u2007', '\u3000', '\u2009', '\u2003', '\u2002':
		return fmt.Sprintf("there is a special space, %U, which CUE does not take", c), "write an ordinary space"
	case '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad', '\u200e', '\u200f':
		return fmt.Sprintf("there is an invisible character, %U", c), "take it out"
	case '–', '—', '−':
		return fmt.Sprintf("%q is a dash", c), "write a hyphen-minus: -"
	case '…':
		return `"…" is one character`, "write three dots: ..."
	case ';':
		return message, "write a comma, or a new line"
	case 0:
		return "there is a NUL byte", "save the file as UTF-8 text"
	}
	return message, "write it in a string, or take it out"
}

// unclosed finds the bracket that is not closed in a text whose end comes too
// early: the first one whose closing bracket stands on a line that is indented
// in another way, else the last one that is open at the end.
func unclosed(text []byte) *excess {
	type bracket struct {
		c            byte
		line, column int
		indent       string
	}
	var open []bracket
	s := scan{text: text, line: 1, chains: []int{0}}
	report := func(b bracket) *excess {
		closing := map[byte]string{'{': "}", '[': "]", '(': ")"}[b.c]
		return &excess{b.line, b.column, fmt.Sprintf("the %q is not closed", b.c), "write the " + closing + " where it ends"}
	}
	for s.pos < len(s.text) {
		at, c := s.pos, s.text[s.pos]
		indent := indentation(text[s.lineStart:])
		depth := len(s.chains)
		line, column := s.line, at-s.lineStart+1
		s.step()
		switch {
		case len(s.chains) > depth:
			open = append(open, bracket{c, line, column, indent})
		case len(s.chains) < depth && len(open) > 0:
			last := open[len(open)-1]
			open = open[:len(open)-1]
			if last.line != line && last.indent != indent && strings.TrimSpace(string(text[s.lineStart:at])) == "" {
				return report(last)
			}
		}
	}
	if len(open) == 0 {
		return nil
	}
	return report(open[len(open)-1])
}

func indentation(line []byte) string {
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// elsewhere are names that other languages have for what specs declare.
var elsewhere = func() map[string]string {
	names := map[string]string{
		"Float": "float", "True": "true", "False": "false", "nil": "null", "None": "null", "undefined": "null", "Type": "eso.#Type",
		"object": "{…} with the fields of the object, or {[string]: string} for a map", "map": "{[string]: string}",
		"array": "[...string], or what else the list holds", "list": "[...string], or what else the list holds",
	}
	for _, kind := range definition.Kinds() {
		for _, name := range kind.Called {
			names[name] = kind.Spec
		}
	}
	return names
}()

// notAFunction explains a call of what is no function: most likely the package
// has none of that name.
func notAFunction(message string) (text, hint string) {
	name, _, _ := strings.Cut(strings.TrimPrefix(message, "cannot call non-function "), " (type")
	name = strings.ReplaceAll(name, quoted(schema.ImportPath), "eso")
	pkgName, function, qualified := strings.Cut(name, ".")
	if !qualified || packages[pkgName] == "" {
		return name + " is not a function", "leave the parentheses out"
	}
	hint = "correct the name, or write a bound, a pattern, an enum or a length"
	var known []string
	for validator := range lengths {
		if strings.HasPrefix(validator, pkgName+".") {
			known = append(known, validator)
		}
	}
	slices.Sort(known)
	if near := definition.Nearest(name, known); near != "" {
		hint = "did you mean " + near + "?"
	} else if len(known) > 0 {
		hint = "of this package, specs use " + strings.Join(known, ", ")
	}
	return fmt.Sprintf("the package %s has no function %s", pkgName, function), hint
}
