package emit

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/dave/jennifer/jen"
)

// doc is a comment in the making: paragraphs of esogen's own words, and those
// that a spec has.
type doc struct {
	lines []string
}

// width is where esogen's own words wrap, without the comment marks.
const width = 76

// say adds a paragraph of esogen's own words.
func (c *doc) say(format string, args ...any) *doc {
	c.paragraph()
	text := fmt.Sprintf(format, args...)
	for len(text) > width {
		end := strings.LastIndexByte(text[:width+1], ' ')
		if end < 0 {
			end = strings.IndexByte(text, ' ')
		}
		if end < 0 {
			break
		}
		c.lines = append(c.lines, text[:end])
		text = text[end+1:]
	}
	c.lines = append(c.lines, text)
	return c
}

// quote adds the words of a spec, line by line, if there are any.
func (c *doc) quote(text string) *doc {
	lines := harmless(text)
	if len(lines) > 0 {
		c.paragraph()
		c.lines = append(c.lines, lines...)
	}
	return c
}

func (c *doc) paragraph() {
	if len(c.lines) > 0 {
		c.lines = append(c.lines, "")
	}
}

func (c *doc) empty() bool { return len(c.lines) == 0 }

// String returns the comment as source. Every line begins with "//", and with a
// space or tab behind it unless it is empty, so none is a directive.
func (c *doc) String() string {
	var b strings.Builder
	for i, line := range c.lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("//")
		if line != "" && line[0] != '\t' {
			b.WriteByte(' ')
		}
		b.WriteString(line)
	}
	return b.String()
}

func (c *doc) comment() *jen.Statement { return jen.Comment(c.String()) }

// say is a comment of one paragraph.
func say(format string, args ...any) *jen.Statement {
	return new(doc).say(format, args...).comment()
}

// harmless returns the lines of a comment from a spec, without empty ones at
// its ends. Characters that no reader sees, or that change how others are
// shown, are spelled out.
func harmless(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimRight(visible(line), " \t")
		if strings.HasPrefix(strings.TrimLeft(line, " \t"), "+build") {
			line = "`" + strings.TrimLeft(line, " \t") + "`" // the old form of a build constraint
		}
		if line == "" && len(lines) == 0 {
			continue
		}
		lines = append(lines, line)
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// visible spells out what is not printable.
func visible(line string) string {
	printable := func(r rune) bool { return r == '\t' || unicode.IsPrint(r) && r != unicode.ReplacementChar }
	if strings.IndexFunc(line, func(r rune) bool { return !printable(r) }) < 0 {
		return line
	}
	var b strings.Builder
	for _, r := range line {
		if printable(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "<U+%04X>", r)
		}
	}
	return b.String()
}
