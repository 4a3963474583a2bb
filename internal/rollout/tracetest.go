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
	"github.com/esogen/esogen/runtime/esotest"
)

// WriteTraceTest writes the trace of a finding as the source of a Go test. It
// plays the trace with the runtime and its package esotest, and with real keys;
// it fails for the reason of the finding, and passes once that is gone. The
// definitions in it hold the attributes that the trace needs. The error is that
// of the writer, or says that the finding has no trace.
func WriteTraceTest(w io.Writer, pkg string, f Finding) error {
	if f.replay == nil {
		return errors.New("rollout: the finding does not come from Judge")
	}
	t := &traceTest{replay: f.replay, vars: map[*simRelease]string{}}
	t.printf("package %s\n\nimport (\n\"testing\"\n\neso %q\n%q\n)\n\n", pkg, runtimePath, runtimePath+"/esotest")
	releases := t.releases()
	t.test(f)
	for _, rel := range releases {
		t.release(rel)
	}
	source, err := format.Source(t.out.Bytes())
	if err != nil {
		return fmt.Errorf("rollout: the test of a trace is not valid Go: %w", err)
	}
	_, err = w.Write(source)
	return err
}

const runtimePath = "github.com/esogen/esogen/runtime"

type traceTest struct {
	*replay
	out  bytes.Buffer
	vars map[*simRelease]string
}

func (t *traceTest) printf(format string, args ...any) { fmt.Fprintf(&t.out, format, args...) }

// releases returns the releases of the trace in the order of their turns, and
// gives them names.
func (t *traceTest) releases() []*simRelease {
	var list []*simRelease
	take := func(rel *simRelease) {
		if slices.Contains(list, rel) {
			return
		}
		list = append(list, rel)
		switch rel {
		case t.search.running:
			t.vars[rel] = "running"
		case t.search.created:
			t.vars[rel] = "upgraded"
		default:
			t.vars[rel] = "earlier" + strconv.Itoa(len(list))
		}
	}
	for _, s := range t.steps {
		take(s.step.by)
	}
	take(t.sufferer)
	return list
}

// test writes the test function.
func (t *traceTest) test(f Finding) {
	t.printf("// TestRollout plays what breaks promise %d of %q:\n//\n", f.Promise, f.Type)
	for _, line := range f.Lines {
		t.printf("//   - %s\n", printable(line))
	}
	t.printf("func TestRollout(t *testing.T) {\n")
	t.printf("trace := esotest.NewTrace(t, %q)\n", f.Lines[len(f.Lines)-1])
	for _, s := range t.steps {
		t.printf("\n// %s\n", printable(t.search.step(s).String()))
		t.operation(s.step)
	}
	t.printf("\n// %s\n", printable(fmt.Sprintf("%s: %s", t.sufferer.title, promises[f.Promise])))
	t.expect(f)
	t.printf("}\n\n")
}

// operation writes the call that does an operation.
func (t *traceTest) operation(m step) {
	args := []string{t.vars[m.by]}
	if m.op.args != nil {
		args = append(args, m.op.args(t, m)...)
	}
	t.printf("trace.%s(%s)\n", m.op.trace, strings.Join(args, ", "))
}

// expect writes what the promise asks of the document.
func (t *traceTest) expect(f Finding) {
	last := t.steps[len(t.steps)-1]
	by := t.vars[t.sufferer]
	field := slices.IndexFunc(t.sufferer.fields, func(at field) bool { return at.Name == t.attribute })
	opened := fmt.Sprintf("trace.%s(%s)", t.by.trace, by)
	switch {
	case f.Kind == OperationFails || f.Kind == Unsealable:
	case f.Kind == Plaintext:
		for _, at := range last.stored {
			if !at.sealed && (at.name == t.attribute || t.search.alias(t.sufferer.sets(last.doc.Model), at.name) == t.attribute) {
				t.printf("trace.StoresNot(%q, %s)\n", at.name, literal(at.text))
			}
		}
	case f.Kind == NotBound && t.attribute == "":
		t.printf("trace.BindsID(%s)\n", by)
	case f.Kind == NotBound && t.header:
		t.printf("trace.SealBinds(%s, %q)\n", by, t.attribute)
	case f.Kind == NotBound:
		t.printf("trace.Binds(%s, %q)\n", by, t.attribute)
	case f.Kind == SecretShown:
		t.printf("trace.Hides(trace.Read(%s), %q)\n", by, t.attribute)
	case f.Kind == OldKeyNeeded:
		t.printf("trace.OpenWithNewKey(%s)\n", by)
	case (f.Promise == 2 || f.Promise == 6) && field >= 0 && !t.unread && t.part != nil:
		t.printf("trace.ShowsAllParts(%s, %q)\n", opened, t.attribute)
	case (f.Promise == 2 || f.Promise == 6) && field >= 0 && !t.unread:
		want := t.search.expected(t.sufferer, &t.sufferer.fields[field], last)
		if at := &t.sufferer.fields[field]; want != "" && structured(at.Value) {
			want = at.show(want).text
		}
		t.printf("trace.Shows(%s, %q, %s)\n", opened, t.attribute, literal(want))
	case t.unread:
		t.printf("trace.Reads(%s)\n", opened)
	default:
		t.printf("%s\n", opened)
	}
}

// literal writes a text as the Go literal that is easiest to read.
func literal(text string) string {
	if strconv.CanBackquote(text) {
		return "`" + text + "`"
	}
	return strconv.Quote(text)
}

// printable removes from a comment what would end it.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, line)
}

// hopLiteral writes a step of a path as Go.
func hopLiteral(h esotest.Hop) string {
	if h.Name == "" {
		return fmt.Sprintf("esotest.Hop{Item: %d}", h.Item)
	}
	return fmt.Sprintf("esotest.Hop{Name: %q}", h.Name)
}

// shapeLiteral writes the members of a shape as Go.
func shapeLiteral(s *esotest.Shape) string {
	text := fmt.Sprintf("Kind: %q", s.Kind)
	if s.Nullable {
		text += ", Nullable: true"
	}
	if s.Elem != nil {
		text += ", Elem: &esotest.Shape{" + shapeLiteral(s.Elem) + "}"
	}
	if len(s.Parts) > 0 {
		text += ", Parts: []esotest.Part{\n"
		for i := range s.Parts {
			p := &s.Parts[i]
			text += fmt.Sprintf("{Name: %q, ", p.Name)
			if p.Optional {
				text += "Optional: true, "
			}
			text += "Shape: esotest.Shape{" + shapeLiteral(&p.Shape) + "}},\n"
		}
		text += "}"
	}
	return text
}

// release writes a release, with the definition of what the trace needs.
func (t *traceTest) release(rel *simRelease) {
	t.printf("var %s = esotest.Release{\nName: %q,\nDefinition: &eso.Definition{\n", t.vars[rel], rel.title)
	t.printf("Type: %q, Write: %d, Oldest: %d,\n", rel.typ.Name, rel.typ.Write, rel.typ.Oldest)
	t.names("Exposes", rel.typ.Exposes)
	t.printf("Models: []eso.Model{\n")
	for i := range rel.typ.Models {
		t.model(&rel.typ.Models[i])
	}
	t.printf("},\n},\n")
	if t.needsShapes(rel) {
		t.printf("Shapes: map[string]esotest.Shape{\n")
		for i := range rel.fields {
			f := &rel.fields[i]
			t.printf("%q: {%s},\n", f.Name, shapeLiteral(&f.shape))
		}
		t.printf("},\n")
	}
	t.printf("}\n\n")
}

// needsShapes reports whether the trace depends on the Go types of a release.
func (t *traceTest) needsShapes(rel *simRelease) bool {
	return t.unread || slices.ContainsFunc(rel.fields, func(f field) bool { return structured(f.Value) })
}

func (t *traceTest) model(m *definition.Model) {
	t.printf("{\nFormat: %q, Namespaces: %q,\nAttributes: []eso.Attribute{", m.Format, m.Namespaces)
	for i, at := range m.Attributes {
		if i > 0 {
			t.printf(", ")
		}
		t.printf("{Name: %q", at.Name)
		if at.Optional {
			t.printf(", Optional: true")
		}
		if nullable(at.Value) {
			t.printf(", Nullable: true")
		}
		if at.Default != "" {
			t.printf(", Default: %s", literal(at.Default))
		}
		t.printf("}")
	}
	t.printf("},\n")
	t.names("Encrypted", m.Encrypted)
	t.names("AAD", m.AAD)
	t.names("Removed", m.Removed)
	t.renames(m)
	if len(m.Computed) > 0 {
		t.printf("Computed: []eso.Compute{\n")
		for _, c := range m.Computed {
			t.printf("{Name: %q, Inputs: %#v, From: %s},\n", c.Name, c.Inputs, t.search.function(place{m.Number, c.Name}).literal(t.search))
		}
		t.printf("},\n")
	}
	if len(m.Backfill) > 0 {
		t.printf("Backfill: []eso.Backfill{\n")
		for _, b := range m.Backfill {
			t.printf("{Name: %q, Value: %s},\n", b.Name, literal(b.Value))
		}
		t.printf("},\n")
	}
	t.printf("},\n")
}

func (t *traceTest) renames(m *definition.Model) {
	if len(m.Renamed) == 0 {
		return
	}
	t.printf("Renamed: []eso.Rename{\n")
	for _, r := range m.Renamed {
		t.printf("{New: %q, Old: %q", r.New, r.Old)
		if r.Convert {
			from, to := place{m.Number - 1, r.Old}, place{m.Number, r.New}
			samples := t.search.samples[t.search.local[to]]
			t.printf(", Up: esotest.Converts(%s), Down: esotest.Converts(%s)", samples.table(from, to), samples.table(to, from))
		}
		t.printf("},\n")
	}
	t.printf("},\n")
}

// table writes a conversion as a Go map.
func (t *samples) table(from, to place) string {
	var pairs []string
	for i := range t.texts[0] {
		pairs = append(pairs, literal(t.text(from, i))+": "+literal(t.text(to, i)))
	}
	slices.Sort(pairs)
	return "map[eso.JSON]eso.JSON{" + strings.Join(pairs, ", ") + "}"
}

func (t *traceTest) names(member string, names []string) {
	if len(names) == 0 {
		return
	}
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	fmt.Fprintf(&t.out, "%s: []string{%s},\n", member, strings.Join(quoted, ", "))
}
