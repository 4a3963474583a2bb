package golden

import (
	"regexp/syntax"
	"strings"
	"unicode"
)

// matching returns texts that probably match a pattern: with as little as it
// allows, and with more. It knows nothing of word boundaries, and joins what
// an empty one asks for.
func matching(pattern string) []string {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	var texts []string
	for _, times := range []int{0, 1, 8} {
		var b strings.Builder
		write(&b, re, times)
		texts = append(texts, b.String())
	}
	return texts
}

// longest bounds what nested repetitions can make.
const longest = 10_000

// write writes a text that matches, with that many repetitions where any
// number is allowed.
func write(b *strings.Builder, re *syntax.Regexp, times int) {
	if b.Len() > longest {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		b.WriteRune(oneOf(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
	case syntax.OpStar, syntax.OpQuest:
		repeat(b, re.Sub[0], min(times, upTo(re)), times)
	case syntax.OpPlus:
		repeat(b, re.Sub[0], max(times, 1), times)
	case syntax.OpRepeat:
		repeat(b, re.Sub[0], max(re.Min, min(times, upTo(re))), times)
	case syntax.OpAlternate:
		write(b, re.Sub[0], times)
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			write(b, sub, times)
		}
	}
}

func repeat(b *strings.Builder, re *syntax.Regexp, n, times int) {
	for range n {
		write(b, re, times)
	}
}

// upTo is how often a repetition may occur at most.
func upTo(re *syntax.Regexp) int {
	switch {
	case re.Op == syntax.OpQuest:
		return 1
	case re.Op == syntax.OpRepeat && re.Max >= 0:
		return re.Max
	default:
		return longest
	}
}

// oneOf picks a character of a class: a letter or a digit if it has one.
func oneOf(ranges []rune) rune {
	for _, wanted := range "a0A" {
		for i := 0; i+1 < len(ranges); i += 2 {
			for r := max(ranges[i], wanted); r <= min(ranges[i+1], wanted+9); r++ {
				if unicode.IsLetter(r) || unicode.IsDigit(r) {
					return r
				}
			}
		}
	}
	if len(ranges) == 0 {
		return 'a'
	}
	return ranges[0]
}
