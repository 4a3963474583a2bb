package emit

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/dave/jennifer/jen"
)

// stringLit is a Go string literal of any string. It stands between backquotes
// where that saves escapes.
func stringLit(s string) *jen.Statement {
	odd := func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }
	if strings.ContainsAny(s, `"\`) && strconv.CanBackquote(s) && strings.IndexFunc(s, odd) < 0 {
		return jen.Id("`" + s + "`")
	}
	return jen.Id(strconv.Quote(s))
}

// stringsLit is a list of strings, on one line where it fits.
func stringsLit(list []string) *jen.Statement {
	size := 0
	items := make([]jen.Code, len(list))
	for i, s := range list {
		items[i] = stringLit(s)
		size += len(s) + 4
	}
	return jen.Index().String().Add(valuesOf(items, size > 90))
}

// valuesOf are the braces of a composite literal, with a line per value or on
// one line.
func valuesOf(items []jen.Code, lines bool) *jen.Statement {
	return jen.Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: lines && len(items) > 0}, items...)
}
