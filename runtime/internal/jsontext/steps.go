package jsontext

import "github.com/esogen/esogen/runtime/internal/fault"

// StepsTo returns the way to the value at an offset, or ends
// there. The text before the offset must be well formed. While reading nothing
// is remembered for this, so that reading is fast: the way is found again when
// an error needs it.
func StepsTo(text string, offset int) []fault.Step {
	var steps []fault.Step
	for i := 0; i < offset; i++ {
		last := len(steps) - 1
		switch text[i] {
		case '{':
			steps = append(steps, fault.Step{})
		case '[':
			steps = append(steps, fault.Step{Item: true})
		case '}', ']':
			steps = steps[:max(last, 0)]
		case ',':
			if last >= 0 {
				steps[last].Index++
				steps[last].Name, steps[last].Named = "", false
			}
		case '"':
			end := PassString(text, i)
			if end > offset {
				return steps
			}
			if last >= 0 && !steps[last].Item && !steps[last].Named {
				steps[last].Name, steps[last].Named = NameOf(text[i:end]), true
			}
			i = end - 1
		}
	}
	return steps
}
