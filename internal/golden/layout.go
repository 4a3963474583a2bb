package golden

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// layout is a JSON text in the making. encoding/json cannot say what belongs
// on a line of its own, and that is what a reviewer's diff lives on.

// object collects members in order.
type object struct{ members []string }

// raw adds a member whose value is JSON text already.
func (o *object) raw(name, value string) {
	o.members = append(o.members, quote(name)+": "+value)
}

// text adds a string, unless it is empty.
func (o *object) text(name, value string) {
	if value != "" {
		o.raw(name, quote(value))
	}
}

// flag adds true, unless it is false.
func (o *object) flag(name string, value bool) {
	if value {
		o.raw(name, "true")
	}
}

func (o *object) number(name string, value int) { o.raw(name, strconv.Itoa(value)) }

// texts adds a list of strings on one line, unless it is empty.
func (o *object) texts(name string, values []string) {
	if len(values) > 0 {
		o.raw(name, quotes(values))
	}
}

// list adds a list with a line per item, unless it is empty. The items stand
// deeper than the member by one step.
func (o *object) list(name string, items []string, indent string) {
	if len(items) > 0 {
		o.raw(name, "[\n"+indent+"  "+strings.Join(items, ",\n"+indent+"  ")+"\n"+indent+"]")
	}
}

// line lays the object out on one line.
func (o *object) line() string { return "{" + strings.Join(o.members, ", ") + "}" }

// block lays the object out with a line per member.
func (o *object) block(indent string) string {
	return "{\n" + indent + "  " + strings.Join(o.members, ",\n"+indent+"  ") + "\n" + indent + "}"
}

// quote writes a JSON string, and leaves "<" and the like readable.
func quote(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

func quotes(values []string) string {
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = quote(value)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
