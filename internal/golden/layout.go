package golden

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/esogen/esogen/internal/phrase"
)

// layout lays out JSON text. encoding/json cannot say what belongs on a line of
// its own, and a reviewer's diff depends on that.
type layout struct {
	width int // where a line wraps if it can, or 0 for never
}

// object collects members in order.
type object struct {
	layout
	indent  string // of the line on which it begins
	inside  string // of the lines within it
	members []string
}

// block returns an empty object that has a line per member, and begins on a line
// with that indent.
func (l layout) block(indent string) *object {
	return &object{layout: l, indent: indent, inside: indent + "  "}
}

// inline returns an empty object that has its members on as few lines as
// possible, and begins on a line with that indent.
func (l layout) inline(indent string) *object {
	o := l.block(indent)
	if l.width == 0 {
		o.inside = indent
	}
	return o
}

// raw adds a member whose value is JSON text already.
func (o *object) raw(name, value string) {
	o.members = append(o.members, phrase.JSON(name)+": "+value)
}

// text adds a string, unless it is empty.
func (o *object) text(name, value string) {
	if value != "" {
		o.raw(name, phrase.JSON(value))
	}
}

// flag adds true, unless it is false.
func (o *object) flag(name string, value bool) {
	if value {
		o.raw(name, "true")
	}
}

func (o *object) number(name string, value int) { o.raw(name, strconv.Itoa(value)) }

// prose adds a text, as a list of its lines if it has several and they wrap.
func (o *object) prose(name, text string) {
	if o.width == 0 || !strings.Contains(text, "\n") {
		o.text(name, text)
		return
	}
	var items []string
	for line := range strings.SplitSeq(text, "\n") {
		items = append(items, phrase.JSON(line))
	}
	o.list(name, items)
}

// texts adds a list of strings, unless it is empty.
func (o *object) texts(name string, values []string) {
	if len(values) > 0 {
		o.values(name, quotes(values))
	}
}

// values adds a list of JSON texts, on one line if it fits.
func (o *object) values(name string, items []string) {
	one := "[" + strings.Join(items, ", ") + "]"
	if o.fits(o.inside + phrase.JSON(name) + ": " + one + ",") {
		o.raw(name, one)
		return
	}
	deeper := o.inside + "  "
	o.raw(name, "[\n"+deeper+o.fill(items, deeper)+"\n"+o.inside+"]")
}

// list adds a list with a line per item, unless it is empty. The items are
// deeper than the member by one step.
func (o *object) list(name string, items []string) {
	if len(items) > 0 {
		deeper := "\n" + o.inside + "  "
		o.raw(name, "["+deeper+strings.Join(items, ","+deeper)+"\n"+o.inside+"]")
	}
}

// lines lays out an object with a line per member.
func (o *object) lines() string {
	separator := "\n" + o.inside
	return "{" + separator + strings.Join(o.members, ","+separator) + "\n" + o.indent + "}"
}

// line lays out an object on one line, or as few as it fits on.
func (o *object) line() string {
	one := "{" + strings.Join(o.members, ", ") + "}"
	if o.fits(o.indent+one+",") && (o.width == 0 || !strings.Contains(one, "\n")) {
		return one
	}
	return "{" + o.fill(o.members, o.inside) + "}"
}

func (l layout) fits(line string) bool {
	return l.width == 0 || utf8.RuneCountInString(line) <= l.width
}

// fill joins items and wraps before one that does not fit. An item of several
// lines has them to itself.
func (l layout) fill(items []string, indent string) string {
	var b strings.Builder
	line := indent
	for i, item := range items {
		alone := strings.Contains(item, "\n") || i > 0 && strings.Contains(items[i-1], "\n")
		switch {
		case i == 0:
		case alone || !l.fits(line+" "+item+","):
			b.WriteString("\n" + indent)
			line = indent
		default:
			b.WriteByte(' ')
			line += " "
		}
		b.WriteString(item)
		line += item
		if i < len(items)-1 {
			b.WriteByte(',')
			line += ","
		}
	}
	return b.String()
}

func quotes(values []string) []string {
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = phrase.JSON(value)
	}
	return quoted
}
