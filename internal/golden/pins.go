package golden

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

const pinFormat = "esogen-pin/1"

// PinsPath returns where the pins of a type lie: what its handwritten functions
// gave, an input a line. The generated tests write and compare them.
func PinsPath(t *definition.Type) string { return "pins/" + definition.FileName(t.Name) + ".jsonl" }

// The functions that are pinned.
const (
	Convert = "convert" // of an attribute that was renamed, up
	Revert  = "revert"  // the way back
	Compute = "compute"
)

// Function is a handwritten function of a type.
type Function struct {
	Model     int
	Kind      string
	Attribute string // of that model
}

func (f Function) String() string {
	switch f.Kind {
	case Convert:
		return fmt.Sprintf("the conversion to %q in model %d", f.Attribute, f.Model)
	case Revert:
		return fmt.Sprintf("the way back from %q in model %d", f.Attribute, f.Model)
	default:
		return fmt.Sprintf("the computed %q in model %d", f.Attribute, f.Model)
	}
}

// Functions returns the functions that a type needs, in the order of its models.
func Functions(t *definition.Type) []Function {
	var found []Function
	for i := range t.Models {
		m := &t.Models[i]
		for _, r := range m.Renamed {
			if r.Convert {
				found = append(found, Function{m.Number, Convert, r.New}, Function{m.Number, Revert, r.New})
			}
		}
		for _, c := range m.Computed {
			found = append(found, Function{m.Number, Compute, c.Name})
		}
	}
	return found
}

// PinLine is a line of a file of pins.
type PinLine struct {
	Number int
	Function
	Err error // why it is not a pin of a function of the type, or nil

	Name string // of the function and the input, as the ledger has it
	Hash string // of the output

	text string
}

// Pins is the pins of a type, as a file holds them.
type Pins struct {
	Lines    []PinLine
	Tidy     bool // as in Sealed
	Conflict bool

	t *definition.Type
}

// ReadPins reads a file of pins, which may be empty.
func ReadPins(t *definition.Type, file []byte) *Pins {
	found, tidy := records(file)
	p := &Pins{Tidy: tidy, Conflict: !tidy && hasMarkers(file), t: t}
	functions := Functions(t)
	for _, l := range found {
		line := readPin(t.Name, l)
		if line.Err == nil && !t.Retired && !slices.Contains(functions, line.Function) {
			line.Err = fmt.Errorf("the specs do not have %s", line.Function)
		}
		p.Lines = append(p.Lines, line)
	}
	return p
}

func readPin(name string, l line) PinLine {
	out := PinLine{Number: l.number, text: l.text}
	if err := formatOf([]byte(l.text), pinFormat); err != nil {
		out.Err = err
		return out
	}
	var r struct {
		Format    string          `json:"format"`
		Type      string          `json:"type"`
		Model     int             `json:"model"`
		Function  string          `json:"function"`
		Attribute string          `json:"attribute"`
		Input     json.RawMessage `json:"input"`
		Output    json.RawMessage `json:"output"`
	}
	decoder := json.NewDecoder(strings.NewReader(l.text))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&r)
	if err == nil && decoder.More() {
		err = errors.New("more than one JSON value")
	}
	switch {
	case err != nil:
		out.Err = fmt.Errorf("%w: %w", ErrEdited, err)
		return out
	case r.Type != name || r.Input == nil || r.Output == nil:
		out.Err = fmt.Errorf("%w: it is not a pin of type %q", ErrEdited, name)
	}
	out.Function = Function{r.Model, r.Function, r.Attribute}
	out.Name = fmt.Sprintf("%s/%d/%s/%s/%s", r.Type, r.Model, r.Function, r.Attribute, hashOf(r.Input)[:16])
	out.Hash = hashOf(r.Output)
	return out
}

// hashOf is the sha256 of a JSON text without white space, in hex.
func hashOf(text json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		b.Write(text)
	}
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:])
}

// PinnedFunction returns which function a name of Pins.Names is about.
func PinnedFunction(name string) (typ string, f Function, ok bool) {
	parts := strings.Split(name, "/")
	if len(parts) < 5 {
		return "", Function{}, false
	}
	model, err := strconv.Atoi(parts[1])
	return parts[0], Function{model, parts[2], strings.Join(parts[3:len(parts)-1], "/")}, err == nil
}

// Hashes returns the hash of each pinned output by its name, of models up to a
// number.
func (p *Pins) Hashes(models int) map[string]string {
	found := map[string]string{}
	for _, l := range p.Lines {
		if l.Name != "" && l.Model <= models {
			found[l.Name] = l.Hash
		}
	}
	return found
}

// Unpinned returns the functions without pins.
func (p *Pins) Unpinned() []Function {
	return slices.DeleteFunc(Functions(p.t), func(f Function) bool {
		return slices.ContainsFunc(p.Lines, func(l PinLine) bool { return l.Err == nil && l.Function == f })
	})
}

// Broken returns the lines that are not pins of the type, and those that
// contradict another one about a released model. Where two sides of a merge
// pinned an input, what was there before counts, and the other may go.
func (p *Pins) Broken(held Held) []Broken {
	before := map[string]bool{}
	old, _ := records(held.Before)
	for _, l := range old {
		before[l.text] = true
	}
	var found []Broken
	for _, l := range p.Lines {
		if l.Err != nil {
			found = append(found, Broken{l.Number, l.Model, l.Err, held.keeps(l.text, l.Model)})
			continue
		}
		if l.Model > held.models() || before[l.text] {
			continue
		}
		others := slices.Clone(p.Lines)
		others = slices.DeleteFunc(others, func(other PinLine) bool { return other.Name != l.Name || other.Hash == l.Hash })
		if len(others) == 0 {
			continue
		}
		b := Broken{l.Number, l.Model, fmt.Errorf("%w: %s is pinned twice for one input", ErrEdited, l.Function), Released}
		if slices.ContainsFunc(others, func(other PinLine) bool { return before[other.text] }) {
			b.Keep = Renewable
		}
		found = append(found, b)
	}
	return found
}

// Gone returns how many pins of released models an earlier file of the type has
// that this one lacks.
func (p *Pins) Gone(held Held) int {
	have := p.Hashes(held.models())
	gone := 0
	for name := range ReadPins(p.t, held.Before).Hashes(held.models()) {
		if _, ok := have[name]; !ok {
			gone++
		}
	}
	return gone
}

// Renew returns the file without the broken lines. What the functions give only
// the generated tests can add.
func (p *Pins) Renew(held Held) []byte {
	broken := map[int]bool{}
	for _, l := range p.Broken(held) {
		broken[l.Number] = true
	}
	var kept []line
	for _, l := range p.Lines {
		if !broken[l.Number] {
			kept = append(kept, line{l.Number, l.text})
		}
	}
	return join(kept)
}
