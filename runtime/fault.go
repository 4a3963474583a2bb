package eso

import (
	"strconv"
	"strings"
)

// fault says what is wrong with a JSON text, or with a value that is to be
// written, and where within its attribute. It never holds a value.
type fault struct {
	path   string // for example `member "tags": item 3`, or ""
	reason string
	kind   error // ErrMalformed, ErrTooLarge, ErrInvalid or ErrStripped
}

func (f *fault) Error() string {
	if f.path == "" {
		return f.reason
	}
	return f.path + ": " + f.reason
}

func (f *fault) Unwrap() error { return f.kind }

// step is one step of the way from a JSON value to a value within it.
type step struct {
	name  string
	index int
	item  bool // of a list: index counts, from zero; else name
	named bool
}

// faultAt makes the error about the value to which the steps lead. Where the
// attribute is not known yet, the first step names it.
func faultAt(attribute string, steps []step, reason string, kind error) *Error {
	if attribute == "" && len(steps) > 0 {
		attribute, steps = steps[0].name, steps[1:]
	}
	var path []string
	for i, s := range steps {
		if i == maxSteps {
			path = append(path, "…")
			break
		}
		switch {
		case s.item:
			path = append(path, "item "+strconv.Itoa(s.index))
		case s.named:
			path = append(path, "member "+strconv.Quote(clip(s.name)))
		}
	}
	return &Error{Attribute: clip(attribute), Err: &fault{strings.Join(path, ": "), reason, kind}}
}

// stepsTo returns the way to the value that stands at an offset, or ends
// there. The text before the offset must be well formed. While reading nothing
// is remembered for this, so that reading is fast: the way is found again when
// an error needs it.
func stepsTo(text string, offset int) []step {
	var steps []step
	for i := 0; i < offset; i++ {
		last := len(steps) - 1
		switch text[i] {
		case '{':
			steps = append(steps, step{})
		case '[':
			steps = append(steps, step{item: true})
		case '}', ']':
			steps = steps[:max(last, 0)]
		case ',':
			if last >= 0 {
				steps[last].index++
				steps[last].name, steps[last].named = "", false
			}
		case '"':
			end := passString(text, i)
			if end > offset {
				return steps
			}
			if last >= 0 && !steps[last].item && !steps[last].named {
				steps[last].name, steps[last].named = nameOf(text[i:end]), true
			}
			i = end - 1
		}
	}
	return steps
}
