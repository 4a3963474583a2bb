package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"
)

// source is a file of the specs that a stage is written into. Edits are made
// in the text, at the places that the parser gives, so that comments, order and
// layout of everything else stay as they are.
type source struct {
	name   string
	text   []byte
	syntax *ast.File
	edits  []edit
}

// edit replaces the bytes from one offset to another.
type edit struct {
	from, to int
	text     string
}

func parseSource(name string, text []byte) (*source, error) {
	syntax, err := parser.ParseFile(name, text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	return &source{name: name, text: text, syntax: syntax}, nil
}

// apply returns the text with the edits in it.
func (s *source) apply() []byte {
	edits := slices.Clone(s.edits)
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	var out []byte
	at := 0
	for _, e := range edits {
		if e.from < at { // within something that is taken out
			at = max(at, e.to)
			continue
		}
		out = append(append(out, s.text[at:e.from]...), e.text...)
		at = e.to
	}
	return append(out, s.text[at:]...)
}

func (s *source) replace(from, to int, text string) { s.edits = append(s.edits, edit{from, to, text}) }

// place is a struct literal of a type's declaration, in a file.
type place struct {
	*source
	literal *ast.StructLit
	braces  bool // without them it is a chain of labels, as in token: write: 1
}

// places returns the literals that a type's declarations consist of, in the
// order of the files.
func places(sources []*source, label string) []place {
	var found []place
	for _, s := range sources {
		for _, d := range s.syntax.Decls {
			if f, ok := d.(*ast.Field); ok && labelOf(f) == label {
				found = append(found, s.literals(f.Value)...)
			}
		}
	}
	return found
}

func (s *source) literals(e ast.Expr) []place {
	switch e := e.(type) {
	case *ast.StructLit:
		return []place{{s, e, e.Lbrace.IsValid()}}
	case *ast.ParenExpr:
		return s.literals(e.X)
	case *ast.BinaryExpr:
		if e.Op == token.AND {
			return append(s.literals(e.X), s.literals(e.Y)...)
		}
	}
	return nil
}

// labelOf returns a label, or "" if it is a definition, a hidden field, a pattern
// or computed.
func labelOf(f *ast.Field) string {
	label := f.Label
	if alias, ok := label.(*ast.Alias); ok {
		label, _ = alias.Expr.(ast.Label)
	}
	switch label := label.(type) {
	case *ast.Ident:
		if !strings.HasPrefix(label.Name, "#") && !strings.HasPrefix(label.Name, "_") {
			return label.Name
		}
	case *ast.BasicLit:
		if name, _, err := ast.LabelName(label); err == nil {
			return name
		}
	}
	return ""
}

// fields returns the fields of a literal under a label.
func (p place) fields(label string) []*ast.Field {
	var found []*ast.Field
	for _, d := range p.literal.Elts {
		if f, ok := d.(*ast.Field); ok && labelOf(f) == label {
			found = append(found, f)
		}
	}
	return found
}

// set gives a setting of a type a value: in place of the one that it has, or
// below the settings beside it.
func set(sources []*source, label, key, value string) {
	list := places(sources, label)
	done := false
	for _, p := range list {
		for _, f := range p.fields(key) {
			p.replace(f.Value.Pos().Offset(), f.Value.End().Offset(), value)
			done = true
		}
	}
	if done {
		return
	}
	neighbours := []string{"format", "namespaces", "name"}
	if key != "write" {
		neighbours = append([]string{"write"}, neighbours...)
	}
	for _, neighbour := range neighbours {
		for _, p := range list {
			if fields := p.fields(neighbour); p.braces && len(fields) > 0 {
				p.insertBelow(fields[0], key, value)
				return
			}
		}
	}
	for _, p := range list {
		if p.braces {
			p.insertFirst(key, value)
			return
		}
	}
	// No literal to put it in: a declaration of its own says the same.
	s := sources[0]
	for _, other := range sources {
		if slices.ContainsFunc(other.syntax.Decls, func(d ast.Decl) bool {
			f, ok := d.(*ast.Field)
			return ok && labelOf(f) == label
		}) {
			s = other
		}
	}
	s.replace(len(s.text), len(s.text), fmt.Sprintf("%[1]s%[2]s: %[3]s: %[4]s%[1]s", s.newline(), quoteLabel(label), key, value))
}

// insertBelow puts a setting behind another one: on a line of its own, aligned
// with it, or on the same line if the literal is on one.
func (s *source) insertBelow(f *ast.Field, key, value string) {
	start, end := f.Pos().Offset(), f.End().Offset()
	indent := string(s.text[s.lineStart(start):start])
	next := strings.TrimLeft(s.rest(end), " \t")
	if strings.TrimSpace(indent) != "" || strings.HasPrefix(next, ",") || strings.HasPrefix(next, "}") {
		s.replace(end, end, fmt.Sprintf(", %s: %s", key, value))
		return
	}
	gap := f.Value.Pos().Offset() - start - len(key) - 1
	line := fmt.Sprintf("%s%s%s:%s%s", s.newline(), indent, key, strings.Repeat(" ", max(gap, 1)), value)
	end += len(s.rest(end)) // behind a comment
	s.replace(end, end, line)
}

// insertFirst puts a setting at the beginning of a literal.
func (p place) insertFirst(key, value string) {
	open := p.literal.Lbrace.Offset() + 1
	if strings.TrimSpace(p.rest(open)) == "" && len(p.literal.Elts) > 0 {
		start := p.literal.Elts[0].Pos().Offset()
		indent := strings.TrimLeft(string(p.text[p.lineStart(start):start]), "\n")
		p.replace(open, open, fmt.Sprintf("%s%s%s: %s", p.newline(), indent, key, value))
		return
	}
	separator := ", "
	if len(p.literal.Elts) == 0 {
		separator = ""
	}
	p.replace(open, open, fmt.Sprintf("%s: %s%s", key, value, separator))
}

// newline is how lines end in the file.
func (s *source) newline() string {
	if strings.Contains(string(s.text), "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// rest returns the text from an offset to the end of the line.
func (s *source) rest(from int) string {
	line, _, _ := strings.Cut(string(s.text[from:]), "\n")
	return strings.TrimSuffix(line, "\r")
}

func (s *source) lineStart(offset int) int {
	return strings.LastIndexByte(string(s.text[:offset]), '\n') + 1
}

// eachModel visits the fields that declare a model of a type. The outer field is
// the one to add to or to take out: the first label of a chain without braces,
// as in token: models: "2": {}, and its labels up to the number are the prefix.
func eachModel(sources []*source, label string, visit func(s *source, number int, outer *ast.Field, prefix string)) {
	for _, s := range sources {
		for _, d := range s.syntax.Decls {
			top, ok := d.(*ast.Field)
			if !ok || labelOf(top) != label {
				continue
			}
			for _, p := range s.literals(top.Value) {
				for _, models := range p.fields("models") {
					for _, inner := range p.literals(models.Value) {
						for _, d := range inner.literal.Elts {
							f, ok := d.(*ast.Field)
							if !ok {
								continue
							}
							number, err := strconv.Atoi(labelOf(f))
							switch {
							case err != nil:
							case inner.braces:
								visit(s, number, f, "")
							case p.braces:
								visit(s, number, models, "models: ")
							default:
								visit(s, number, top, quoteLabel(label)+": models: ")
							}
						}
					}
				}
			}
		}
	}
}

// takeModels takes the models above a number out of a type.
func takeModels(sources []*source, label string, above int) {
	eachModel(sources, label, func(s *source, number int, outer *ast.Field, _ string) {
		if number > above {
			s.remove(outer)
		}
	})
}

// addModel puts a model behind the one before it, in the way in which that is
// declared.
func addModel(sources []*source, label string, number int, body string) {
	add := func() {} // loading the stage again says that it is not an edit
	eachModel(sources, label, func(s *source, before int, outer *ast.Field, prefix string) {
		if before == number-1 {
			add = func() { s.insertAfter(outer, fmt.Sprintf("%s%q: %s", prefix, strconv.Itoa(number), body)) }
		}
	})
	add()
}

// insertAfter puts a field behind another one, on a line of its own unless that
// one shares its line with others.
func (s *source) insertAfter(f *ast.Field, text string) {
	start, end := f.Pos().Offset(), f.End().Offset()
	indent := string(s.text[s.lineStart(start):start])
	next := strings.TrimLeft(s.rest(end), " \t")
	if strings.TrimSpace(indent) != "" || strings.HasPrefix(next, ",") || strings.HasPrefix(next, "}") {
		s.replace(end, end, ", "+text)
		return
	}
	end += len(s.rest(end)) // behind a comment
	s.replace(end, end, s.newline()+indent+text)
}

// remove takes a field out, with the comment above it and the empty line that
// sets it off.
func (s *source) remove(f *ast.Field) {
	from, to := f.Pos().Offset(), f.End().Offset()
	for _, group := range ast.Comments(f) {
		if group.Doc {
			from = min(from, group.Pos().Offset())
		}
	}
	rest := s.rest(to)
	start := s.lineStart(from)
	comma := strings.HasPrefix(strings.TrimLeft(rest, " \t"), ",")
	if tail := strings.TrimLeft(rest, " \t,"); strings.TrimSpace(string(s.text[start:from])) != "" || tail != "" && !strings.HasPrefix(tail, "//") {
		// On a line with others: the comma before it goes, or that behind the first.
		if before := strings.TrimRight(string(s.text[:from]), " \t"); strings.HasSuffix(before, ",") {
			from = len(strings.TrimRight(before, " \t,"))
		} else if comma {
			to += strings.IndexByte(rest, ',') + 1
			to += len(s.rest(to)) - len(strings.TrimLeft(s.rest(to), " \t"))
		}
		s.replace(from, to, "")
		return
	}
	from = start
	to = min(to+len(rest), len(s.text))
	if i := strings.IndexByte(string(s.text[to:]), '\n'); i >= 0 {
		to += i + 1
	}
	if before := strings.TrimRight(string(s.text[:from]), " \t\r\n"); strings.Count(string(s.text[len(before):from]), "\n") > 1 {
		from = len(before) + strings.Index(string(s.text[len(before):]), "\n") + 1
	}
	s.replace(from, to, "")
}
