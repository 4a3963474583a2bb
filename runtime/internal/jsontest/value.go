package jsontest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// exactNumber is a number: digits, which neither begin nor end with a
// zero, and a power of ten. Zero has no digits.
type exactNumber struct {
	negative bool
	digits   string
	power    int
}

// Value draws a JSON value, as plain Go values.
func Value(t *rapid.T, depth int) any {
	kinds := 4
	if depth > 0 {
		kinds = 6
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return drawText(t)
	case 3:
		n := exactNumber{rapid.Bool().Draw(t, "negative"), rapid.StringMatching(`[1-9]|[1-9][0-9]{0,20}[1-9]`).Draw(t, "digits"), rapid.IntRange(-30, 30).Draw(t, "power")}
		if rapid.IntRange(0, 5).Draw(t, "zero") == 0 {
			n = exactNumber{}
		}
		return n
	case 4:
		items := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			items = append(items, Value(t, depth-1))
		}
		return items
	default:
		members := map[string]any{}
		for range rapid.IntRange(0, 4).Draw(t, "members") {
			members[drawText(t)] = Value(t, depth-1)
		}
		return members
	}
}

func drawText(t *rapid.T) string {
	return rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-c"\\/\x00-\x1f]{0,3}`), rapid.SampledFrom([]string{"\uffff", "😀", "\u2028", "é"})).Draw(t, "text")
}

// Spell draws a JSON text of a value.
func Spell(t *rapid.T, v any) string {
	space := func() string { return rapid.SampledFrom([]string{"", "", "", " ", "\n", "\r\t"}).Draw(t, "space") }
	switch v := v.(type) {
	case string:
		return space() + spellText(t, v) + space()
	case exactNumber:
		return space() + spellNumber(t, v) + space()
	case []any:
		items := make([]string, len(v))
		for i := range v {
			items[i] = Spell(t, v[i])
		}
		return space() + "[" + space() + strings.Join(items, ",") + "]" + space()
	case map[string]any:
		names := rapid.Permutation(slices.Sorted(maps.Keys(v))).Draw(t, "order")
		for i, name := range names {
			names[i] = space() + spellText(t, name) + space() + ":" + Spell(t, v[name])
		}
		return space() + "{" + space() + strings.Join(names, ",") + "}" + space()
	default:
		text, _ := json.Marshal(v)
		return space() + string(text) + space()
	}
}

func spellText(t *rapid.T, s string) string {
	var b strings.Builder
	for _, r := range s {
		short := map[rune]string{'"': `\"`, '\\': `\\`, '/': `\/`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}[r]
		switch escaped := rapid.IntRange(0, 3).Draw(t, "escaped"); {
		case escaped == 0 || r < ' ' && short == "":
			form := rapid.SampledFrom([]string{`\u%04x`, `\u%04X`}).Draw(t, "form")
			for _, unit := range utf16Of(r) {
				fmt.Fprintf(&b, form, unit)
			}
		case short != "" && (escaped == 1 || r < ' ' || r == '"' || r == '\\'):
			b.WriteString(short)
		default:
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}

func utf16Of(r rune) []int {
	if r < 0x10000 {
		return []int{int(r)}
	}
	r -= 0x10000
	return []int{0xd800 + int(r>>10), 0xdc00 + int(r&0x3ff)}
}

func spellNumber(t *rapid.T, n exactNumber) string {
	sign := ""
	if n.negative || n.digits == "" && rapid.Bool().Draw(t, "sign") {
		sign = "-"
	}
	digits := n.digits + strings.Repeat("0", rapid.IntRange(0, 3).Draw(t, "zeros"))
	power := n.power - (len(digits) - len(n.digits))
	point := rapid.IntRange(0, len(digits)).Draw(t, "point") // this many digits stand behind it
	if n.digits == "" && digits == "" {
		digits = "0"
		point = 0
	}
	whole, fraction := digits[:len(digits)-point], digits[len(digits)-point:]
	power += point
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	text := sign + whole
	if fraction != "" {
		text += "." + fraction
	}
	if power != 0 || rapid.Bool().Draw(t, "exponent") {
		e := rapid.SampledFrom([]string{"e", "E"}).Draw(t, "e")
		plus := ""
		if power >= 0 {
			plus = rapid.SampledFrom([]string{"", "+"}).Draw(t, "plus")
		}
		text += e + plus + strconv.Itoa(power)
	}
	return text
}
