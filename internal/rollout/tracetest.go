package rollout

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/esogen/esogen/internal/definition"
)

// WriteTraceTest writes the trace of a finding as the source of a Go test. It
// imports the standard library and the runtime only, and plays the trace with
// keys from eso.NewKeyring; it fails for the reason of the finding, and passes
// once that is gone. The definitions in it hold the attributes that the trace
// needs. The error is that of the writer, or says that the finding has no
// trace.
func WriteTraceTest(w io.Writer, pkg string, f Finding) error {
	if f.scene == nil {
		return errors.New("rollout: the finding does not come from Judge")
	}
	t := &traceTest{scene: f.scene, vars: map[*player]string{}}
	t.nested = t.tellsOfParts()
	imports := []string{"encoding/json", "testing"}
	if t.nested {
		imports = append(imports, "context", "strings", "time")
	}
	if t.header {
		imports = append(imports, "encoding/base64", "encoding/binary")
	}
	slices.Sort(imports)
	t.printf("package %s\n\nimport (\n\t\"%s\"\n\n\teso %q\n)\n\n", pkg, strings.Join(imports, "\"\n\t\""), "github.com/esogen/esogen/runtime")
	t.test(f)
	for _, pl := range t.players() {
		t.release(pl)
	}
	t.out.WriteString(t.helpers())
	source, err := format.Source(t.out.Bytes())
	if err != nil {
		return fmt.Errorf("rollout: the test of a trace is no Go: %w", err)
	}
	_, err = w.Write(source)
	return err
}

type traceTest struct {
	*scene
	out  bytes.Buffer
	vars map[*player]string

	nested bool // parts of nested values are at stake
}

func (t *traceTest) printf(format string, args ...any) { fmt.Fprintf(&t.out, format, args...) }

// players returns the releases of the trace in the order of their turns, and
// gives them names.
func (t *traceTest) players() []*player {
	var list []*player
	take := func(pl *player) {
		if slices.Contains(list, pl) {
			return
		}
		list = append(list, pl)
		switch pl {
		case t.play.running:
			t.vars[pl] = "running"
		case t.play.created:
			t.vars[pl] = "upgraded"
		default:
			t.vars[pl] = "earlier" + strconv.Itoa(len(list))
		}
	}
	for _, s := range t.steps {
		take(s.step.by)
	}
	take(t.player)
	return list
}

// test writes the test function.
func (t *traceTest) test(f Finding) {
	t.players()
	releases := t.vars
	t.printf("// TestRollout plays what breaks promise %d of %q:\n//\n", f.Promise, f.Type)
	for _, line := range f.Lines {
		t.printf("//   - %s\n", printable(line))
	}
	t.printf("func TestRollout(t *testing.T) {\n")
	t.printf("before, during, after := keyring(t, oldKey), keyring(t, newKey, oldKey), keyring(t, newKey)\n")
	t.printf("_, _, _ = before, during, after\n")
	for i, s := range t.steps {
		assign := "="
		if i == 0 {
			assign = ":="
		}
		by := releases[s.step.by]
		field := func() string { return strconv.Quote(s.step.by.fields[s.step.change.field].Name) }
		t.printf("\n// %s\n", printable(t.play.step(s).String()))
		switch s.step.op {
		case opCreate:
			t.printf("doc, err := %s.Seal(t.Context(), before, eso.Ref{Namespace: %q, Type: %q, ID: %q}, &object{values: map[string]eso.JSON{\n",
				by, t.play.ref(s.step.by).Namespace, f.Type, t.play.ref(s.step.by).ID)
			for k, slot := range s.step.given.slots {
				if slot.text != "" {
					t.printf("%q: %s,\n", s.step.by.fields[k].Name, literal(slot.text))
				}
			}
			t.printf("}})\n")
		case opUpdate, opPatch:
			if way := s.step.change.way; len(way) > 0 {
				does := map[op]string{opUpdate: "updatePart", opPatch: "patchPart"}[s.step.op]
				t.printf("doc, err %s %s(t.Context(), %s, %sFields, before, doc, %s, %s, %s)\n", assign, does, by, by, field(), wayLiteral(way), literal(s.step.change.text))
				break
			}
			if s.step.op == opPatch {
				t.printf("doc, err %s %s.Patch(t.Context(), before, doc, func(w *eso.Writer) { %s })\n", assign, by, patching(field(), s.step.change.text))
				break
			}
			t.printf("doc, err %s %s.Update(t.Context(), before, doc, func(o *object) error { %s; return nil })\n", assign, by, assignment("o.values", field(), s.step.change.text))
		case opMigrate:
			t.printf("doc, err %s %s.Migrate(t.Context(), before, doc)\n", assign, by)
		case opRotate:
			t.printf("doc, err %s %s.Definition.Rotate(t.Context(), during, doc)\n", assign, by)
		}
		t.printf("if err != nil { t.Fatalf(%s, err) }\n", strconv.Quote(fmt.Sprintf("%s, %s: %%v", escape(s.step.by.title), s.step.op)))
	}
	t.expect(f, releases[t.player])
	t.printf("}\n\n")
}

// expect writes what the promise asks of the document.
func (t *traceTest) expect(f Finding, reader string) {
	last := t.steps[len(t.steps)-1]
	broken := escape(f.Lines[len(f.Lines)-1])
	field := -1
	for i, at := range t.player.fields {
		if at.Name == t.attribute {
			field = i
		}
	}
	t.printf("\n// %s\n", printable(fmt.Sprintf("%s: %s", t.player.title, promises[f.Promise])))
	switch {
	case f.Kind == OperationFails || f.Kind == Unsealable:
		t.printf("_ = doc\n")
	case f.Kind == Plaintext:
		t.printf("var stored map[string]json.RawMessage\n")
		t.printf("if err := json.Unmarshal(doc.Attributes, &stored); err != nil { t.Fatal(err) }\n")
		for _, at := range last.stored {
			if !at.sealed && (at.name == t.attribute || t.play.alias(t.player.sets(last.doc.Model), at.name) == t.attribute) {
				t.printf("if string(stored[%q]) == %s { t.Fatal(%q) }\n", at.name, literal(at.text), broken)
			}
		}
	case f.Kind == NotBound && t.attribute == "":
		t.printf("doc.Ref.ID = %q\n", "0b1f7a2e-5a57-4a0c-9d0e-1f2a3b4c5d6e")
		t.printf("if _, err := %s.Open(t.Context(), during, doc); err == nil { t.Fatal(%q) }\n", reader, broken)
	case f.Kind == NotBound:
		if t.header {
			t.printf("var sealed struct { Seal json.RawMessage `json:%q` }\n", sealName)
			t.printf("if err := json.Unmarshal(doc.Attributes, &sealed); err != nil { t.Fatal(err) }\n")
			t.printf("doc.Attributes = with(t, doc.Attributes, %q, sealWithout(string(sealed.Seal), %q))\n", sealName, t.attribute)
		} else {
			t.printf("doc.Attributes = with(t, doc.Attributes, %q, \"\")\n", t.attribute)
		}
		t.printf("if _, err := %s.Open(t.Context(), during, doc); err == nil { t.Fatal(%q) }\n", reader, broken)
	case f.Kind == SecretShown:
		t.printf("o, err := %s.Read(t.Context(), during, doc)\nif err != nil { t.Fatal(err) }\n", reader)
		t.printf("if _, ok := o.values[%q]; ok { t.Fatal(%q) }\n", t.attribute, broken)
	case f.Kind == OldKeyNeeded:
		t.printf("if _, err := %s.Open(t.Context(), after, doc); err != nil { t.Fatal(%q, err) }\n", reader, broken+":")
	case (f.Promise == 2 || f.Promise == 6) && field >= 0 && !t.unread:
		t.printf("o, err := %s.%s(t.Context(), during, doc)\nif err != nil { t.Fatal(%q, err) }\n", reader, map[op]string{opOpen: "Open", opRead: "Read"}[t.by], broken+":")
		switch {
		case t.part != nil:
			t.printf("if part := %sFields[%d].shape.missing(decode(string(o.values[%q]))); part != nil { t.Fatal(%q) }\n", reader, field, t.attribute, broken)
		case t.nested:
			t.printf("got := \"\"\nif value, ok := o.values[%q]; ok { got = encode(%sFields[%d].shape.known(decode(string(value)))) }\n", t.attribute, reader, field)
			t.printf("if want := %s; got != want { t.Fatal(%q) }\n", literal(t.play.expected(t.player, &t.player.fields[field], last)), broken)
		default:
			t.printf("if got, want := o.values[%q], eso.JSON(%s); got != want { t.Fatal(%q) }\n", t.attribute, literal(t.play.expected(t.player, &t.player.fields[field], last)), broken)
		}
	default:
		t.printf("o, err := %s.%s(t.Context(), during, doc)\nif err != nil { t.Fatal(%q, err) }\n", reader, map[op]string{opOpen: "Open", opRead: "Read"}[t.by], broken+":")
		t.printf("if err := o.legible(%sFields); err != nil { t.Fatal(%q, err) }\n", reader, broken+":")
	}
}

func assignment(values, name, text string) string {
	if text == "" {
		return fmt.Sprintf("delete(%s, %s)", values, name)
	}
	return fmt.Sprintf("%s[%s] = %s", values, name, literal(text))
}

func patching(name, text string) string {
	if text == "" {
		return fmt.Sprintf("w.Absent(%s)", name)
	}
	return fmt.Sprintf("w.Member(%s).JSON(%s)", name, literal(text))
}

// literal writes a text as a Go literal, as it reads best.
func literal(text string) string {
	if strconv.CanBackquote(text) {
		return "`" + text + "`"
	}
	return strconv.Quote(text)
}

// printable takes out of a comment what would end it.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, line)
}

// escape makes a text one that a format takes for itself.
func escape(text string) string { return strings.ReplaceAll(printable(text), "%", "%%") }

// reader writes the statements that read a value as generated code does.
func reader(v definition.Value) string {
	if v.Nullable {
		v.Nullable = false
		return "if !d.Null() { " + reader(v) + " }"
	}
	item := func() string { return "func(d *eso.Decoder) any { " + reader(elem(v)) + "; return nil }" }
	switch v.Kind {
	case definition.Bool:
		return "d.Bool()"
	case definition.Int, definition.Int64:
		return "d.Int()"
	case definition.Number:
		return "d.Number()"
	case definition.Timestamp:
		return "d.Time()"
	case definition.Duration:
		return "d.Duration()"
	case definition.Bytes:
		return "d.Bytes()"
	case definition.JSON:
		return "d.JSON()"
	case definition.List:
		return "eso.ReadList(d, " + item() + ")"
	case definition.Map:
		return "eso.ReadMap(d, " + item() + ")"
	case definition.Struct:
		var b strings.Builder
		b.WriteString("d.Object(); for d.Member() { switch d.Name() {\n")
		for _, f := range v.Fields {
			fmt.Fprintf(&b, "case %q: %s\n", f.Name, reader(f.Value))
		}
		b.WriteString("default: d.Unknown() } }")
		return b.String()
	default:
		return "d.String()"
	}
}
