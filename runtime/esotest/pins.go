package esotest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	eso "github.com/esogen/esogen/runtime"
)

// UpdateVariable is the environment variable that makes [Suite.Pins] write what it
// finds: ESOGEN_UPDATE=1 go test ./generated/...
const UpdateVariable = "ESOGEN_UPDATE"

const pinFormat = "esogen-pin/1"

// pin is a line of the pins: the output of a handwritten function for an input.
type pin struct {
	Format    string          `json:"format"`
	Type      string          `json:"type"`
	Model     int             `json:"model"`
	Function  string          `json:"function"` // "convert", "revert" or "compute"
	Attribute string          `json:"attribute"`
	Input     json.RawMessage `json:"input"` // of "compute": an object of the inputs that are present
	Output    json.RawMessage `json:"output"`
}

// call is a function with an input.
type call struct {
	function
	input string // compact
}

// function names a handwritten function.
type function struct {
	model     int
	name      string
	attribute string
}

func (f function) String() string {
	verb := map[string]string{"convert": "the conversion to", "revert": "the way back from", "compute": "the computed"}[f.name]
	return fmt.Sprintf("model %d: %s %q", f.model, cmp.Or(verb, f.name), f.attribute)
}

func (p *pin) call() call {
	return call{function{p.Model, p.Function, p.Attribute}, compact(p.Input)}
}

func compact(text json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return string(text)
	}
	return b.String()
}

// Pins calls the handwritten functions of the type, conversions both ways and
// computed values, with the inputs of the pins and of the golden documents, and
// compares what they give with what is pinned. With ESOGEN_UPDATE set it writes
// the pins: all those of unreleased models, and new ones of released models. A pin
// of a released model never changes.
func (s Suite[T]) Pins(t *testing.T) {
	p := &pins{Definition: s.Objects.Definition(), path: s.path("pins", ".jsonl"), functions: functions(s.Objects.Definition()), pinned: map[call]bool{}}
	for _, r := range Releases(t, s.Golden, p.Definition) {
		p.released = max(p.released, len(r.Definition.Models))
	}
	update := os.Getenv(UpdateVariable) != ""
	p.read(t)
	p.compare(t, update)
	if len(p.functions) > 0 {
		p.add(t, update, s.calls(t, p.functions))
	}
	if update {
		p.write(t)
	}
}

// pins are the pins of a type, in a test.
type pins struct {
	*eso.Definition
	path      string
	functions map[function]func(input json.RawMessage) (eso.JSON, error)
	released  int // the highest model that a release has

	file   []byte
	lines  []pin
	pinned map[call]bool
}

func (p *pins) read(t *testing.T) {
	file, err := os.ReadFile(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	p.file = file
	number := 0
	for line := range bytes.Lines(file) {
		number++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var one pin
		err := json.Unmarshal(line, &one)
		if err == nil && one.Format != pinFormat {
			err = fmt.Errorf("the format is %q, where %q is expected", one.Format, pinFormat)
		}
		if err != nil {
			t.Fatalf(`%s, line %d: %v: run "esogen golden"`, p.path, number, err)
		}
		p.lines = append(p.lines, one)
	}
}

// compare calls the functions with the inputs that are pinned.
func (p *pins) compare(t *testing.T, update bool) {
	kept := p.lines[:0]
	for i, line := range p.lines {
		output, problem := p.try(line)
		switch {
		case problem == "":
		case line.Model <= p.released:
			t.Errorf("%s: pin %d: %s %s, and a release has model %d: put the function back as it was, and add a model instead",
				p.path, i+1, line.call().function, problem, line.Model)
		case !update:
			t.Errorf("%s: pin %d: %s %s: if that is meant, run %s=1 go test", p.path, i+1, line.call().function, problem, UpdateVariable)
		case output == "":
			continue // no release has the model, and nothing to pin
		default:
			line.Output = json.RawMessage(output)
		}
		kept = append(kept, line)
		p.pinned[line.call()] = true
	}
	p.lines = kept
}

// try returns the output of the function of a pin, and a problem with it, if any.
func (p *pins) try(line pin) (output eso.JSON, problem string) {
	f, ok := p.functions[line.call().function]
	if !ok {
		return "", "is not a function of the code any more"
	}
	output, err := f(line.Input)
	switch {
	case err != nil:
		return "", "fails on the pinned input"
	case !sameJSON([]byte(output), line.Output):
		return output, "gives something else than what is pinned"
	default:
		return output, ""
	}
}

// add pins the outputs for inputs that are not pinned yet.
func (p *pins) add(t *testing.T, update bool, calls map[call]bool) {
	missing := 0
	for c := range calls {
		if p.pinned[c] {
			continue
		}
		output, err := p.functions[c.function](json.RawMessage(c.input))
		if err != nil {
			t.Errorf("%s fails on a golden document: %v", c.function, err)
			continue
		}
		if !update {
			missing++
			if c.model <= p.released {
				t.Errorf("%s: %s is released, and not pinned for an input: run %s=1 go test", p.path, c.function, UpdateVariable)
			}
			continue
		}
		p.lines = append(p.lines, pin{pinFormat, p.Type, c.model, c.name, c.attribute, json.RawMessage(c.input), json.RawMessage(output)})
	}
	if missing > 0 {
		t.Logf("%s: %d of the inputs are not pinned yet: run %s=1 go test before the release", p.path, missing, UpdateVariable)
	}
}

// write replaces the file, if it changed.
func (p *pins) write(t *testing.T) {
	slices.SortStableFunc(p.lines, func(a, b pin) int {
		return cmp.Or(cmp.Compare(a.Model, b.Model), strings.Compare(a.Function, b.Function), strings.Compare(a.Attribute, b.Attribute),
			strings.Compare(compact(a.Input), compact(b.Input)))
	})
	var b bytes.Buffer
	for i, line := range p.lines {
		if i > 0 && line.call() == p.lines[i-1].call() {
			continue // a merge kept it twice
		}
		fmt.Fprintf(&b, "{\"format\": %s, \"type\": %s, \"model\": %d, \"function\": %s, \"attribute\": %s, \"input\": %s, \"output\": %s}\n",
			quote(line.Format), quote(line.Type), line.Model, quote(line.Function), quote(line.Attribute), compact(line.Input), compact(line.Output))
	}
	if bytes.Equal(b.Bytes(), bytes.ReplaceAll(p.file, []byte("\r\n"), []byte("\n"))) {
		return
	}
	if err := replace(p.path, b.Bytes()); err != nil {
		t.Fatal(err)
	}
}

// quote writes a JSON string, and leaves "<" and the like readable.
func quote(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		panic(err) // a string always encodes
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// replace writes a file so that a reader sees it either old or new.
func replace(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".esogen-*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Chmod(0o644), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}

// functions returns the handwritten functions of a type.
func functions(d *eso.Definition) map[function]func(json.RawMessage) (eso.JSON, error) {
	found := map[function]func(json.RawMessage) (eso.JSON, error){}
	for i := range d.Models {
		m := &d.Models[i]
		for _, r := range m.Renamed {
			for name, convert := range map[string]eso.Convert{"convert": r.Up, "revert": r.Down} {
				if convert != nil {
					found[function{i + 1, name, r.New}] = func(input json.RawMessage) (eso.JSON, error) { return convert(eso.JSON(input)) }
				}
			}
		}
		for _, c := range m.Computed {
			if c.From != nil {
				found[function{i + 1, "compute", c.Name}] = func(input json.RawMessage) (eso.JSON, error) { return compute(c, input) }
			}
		}
	}
	return found
}

// compute calls a function with the inputs in an object.
func compute(c eso.Compute, object json.RawMessage) (eso.JSON, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object, &members); err != nil {
		return "", err
	}
	inputs := make([]eso.JSON, len(c.Inputs))
	for i, name := range c.Inputs {
		inputs[i] = eso.JSON(members[name])
		delete(members, name)
	}
	if len(members) > 0 {
		return "", errors.New("the function has other inputs")
	}
	return c.From(inputs)
}

// inputsOf returns the inputs of a function as an object, in their order.
func inputsOf(c eso.Compute, before map[string]json.RawMessage) json.RawMessage {
	var members []string
	for _, name := range c.Inputs {
		if text, ok := before[name]; ok {
			members = append(members, quote(name)+":"+string(text))
		}
	}
	return json.RawMessage("{" + strings.Join(members, ",") + "}")
}

// calls returns the functions with their inputs in golden documents, on the way to
// the newest model.
func (s Suite[T]) calls(t *testing.T, functions map[function]func(json.RawMessage) (eso.JSON, error)) map[call]bool {
	t.Helper()
	d, keys := s.Objects.Definition(), s.keys(t)
	found := map[call]bool{}
	for _, o := range s.documents(t) {
		var before map[string]json.RawMessage
		for number := o.model(); number <= len(d.Models); number++ {
			opened, err := NewObjects(release(d, number, number), nil).Open(t.Context(), keys, o.document())
			if errors.Is(err, eso.ErrRequired) && number > d.Write {
				break // the step is announced, and its computed values are not in the code yet
			}
			if err != nil {
				t.Errorf("%s does not open at model %d: %v", o.title(), number, err)
				break
			}
			now := opened.Texts()
			for f := range functions {
				if f.model != number {
					continue
				}
				input, ok := s.input(f, before, now)
				if ok {
					found[call{f, compact(input)}] = true
				}
			}
			before = now
		}
	}
	return found
}

// input returns the input of a function of a step, from a document before and after
// the step; before is nil if the document was created after it.
func (s Suite[T]) input(f function, before, after map[string]json.RawMessage) (input json.RawMessage, ok bool) {
	m := &s.Objects.Definition().Models[f.model-1]
	switch f.name {
	case "convert":
		i := slices.IndexFunc(m.Renamed, func(r eso.Rename) bool { return r.New == f.attribute })
		input, ok = before[m.Renamed[i].Old]
	case "revert":
		input, ok = after[f.attribute]
	case "compute":
		i := slices.IndexFunc(m.Computed, func(c eso.Compute) bool { return c.Name == f.attribute })
		input, ok = inputsOf(m.Computed[i], before), before != nil
	}
	return input, ok
}
