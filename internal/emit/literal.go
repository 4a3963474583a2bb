package emit

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/dave/jennifer/jen"
)

// stringLit is a Go string literal of any string.
func stringLit(s string) *jen.Statement { return jen.Id(goQuote(s)) }

// goQuote returns a string as a Go literal, between backquotes if that saves
// escapes.
func goQuote(s string) string {
	odd := func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }
	if strings.ContainsAny(s, `"\`) && strconv.CanBackquote(s) && strings.IndexFunc(s, odd) < 0 {
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}

// stringsLit is a list of strings, on one line if it fits and else on as few
// lines as possible: a list of names is read across, and one more name is a
// small diff.
func stringsLit(list []string) *jen.Statement {
	const width = 90
	var lines []string
	for _, s := range list {
		item := goQuote(s)
		if n := len(lines) - 1; n >= 0 && len(lines[n])+len(item) < width {
			lines[n] += ", " + item
		} else {
			lines = append(lines, item)
		}
	}
	items := make([]jen.Code, len(lines))
	for i, line := range lines {
		items[i] = jen.Id(line)
	}
	return jen.Index().String().Add(valuesOf(items, len(lines) > 1))
}

// valuesOf are the braces of a composite literal, with a line per value or on
// one line.
func valuesOf(items []jen.Code, lines bool) *jen.Statement {
	return jen.Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: lines && len(items) > 0}, items...)
}
