package spec

import (
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"

	"github.com/esogen/esogen/internal/definition"
)

// docText joins the doc comments of a field, without comment marks. A field
// that is declared in several places may have several; each is a paragraph.
func docText(groups []*ast.CommentGroup) string {
	var paragraphs []string
	for _, g := range groups {
		text := strings.TrimSpace(g.Text())
		if text == "" || len(paragraphs) > 0 && paragraphs[len(paragraphs)-1] == text {
			continue
		}
		paragraphs = append(paragraphs, text)
	}
	return strings.Join(paragraphs, "\n\n")
}

// chainDoc returns the doc comment of a field that is written in one line with
// the fields around it, as in
//
//	// Announced.
//	models: "2": attributes: x: string
//
// CUE gives the comment to the outermost field, but it is about the last one of
// the path that the reader sees as one: the innermost.
func (l *locator) chainDoc(label string, path definition.Path) string {
	if len(path) == 0 {
		return ""
	}
	var groups []*ast.CommentGroup
	for _, outer := range l.exact(label, path[:1]) {
		field, ok := outer.(*ast.Field)
		if !ok {
			continue
		}
		// The chain may begin anywhere on the path.
		l.chain(field, path[1:], &groups)
	}
	return docText(groups)
}

// chain follows a path below a field. Where the whole rest of it is written as
// a chain of shorthands, the comment above the beginning of the chain counts.
func (l *locator) chain(field *ast.Field, rest definition.Path, groups *[]*ast.CommentGroup) {
	comments := docComments(field)
	at, depth := field, 0
	for at != nil && depth < len(rest) {
		inner := shorthand(at)
		if inner == nil {
			break
		}
		if name, known, _ := fieldLabel(inner); !known || name.helper || name.name != rest[depth] {
			return // another chain
		}
		at, depth = inner, depth+1
	}
	if shorthand(at) != nil {
		return // the chain goes on below the path: the comment is about its end
	}
	if depth == len(rest) {
		if depth > 0 {
			*groups = append(*groups, comments...)
		}
		return
	}
	for _, n := range l.step([]ast.Node{at}, rest[depth]) {
		if next, ok := n.(*ast.Field); ok {
			l.chain(next, rest[depth+1:], groups)
		}
	}
}

// shorthand returns the b of `a: b: …`.
func shorthand(f *ast.Field) *ast.Field {
	s, ok := f.Value.(*ast.StructLit)
	if !ok || s.Lbrace.IsValid() || len(s.Elts) != 1 {
		return nil
	}
	inner, _ := s.Elts[0].(*ast.Field)
	return inner
}

func docComments(f *ast.Field) []*ast.CommentGroup {
	var groups []*ast.CommentGroup
	for _, c := range ast.Comments(f) {
		if c.Doc && c.Position == 0 {
			groups = append(groups, c)
		}
	}
	return groups
}

// goAttribute returns the name in @go(Name), or "".
func goAttribute(v cue.Value) string {
	name, _ := goName(v)
	return name
}

// goName reads @go(Name) from a field. Other attributes of CUE's are for
// others. Two names for one field are refused: CUE would not notice.
func goName(v cue.Value) (string, *refusal) {
	found := ""
	for _, a := range v.Attributes(cue.ValueAttr) {
		if a.Name() != "go" {
			continue
		}
		name, err := a.String(0)
		switch {
		case err != nil || a.NumArgs() != 1 || name == "":
			return "", &refusal{rule: "definition/go-name", at: v.Pos(),
				message: "has the attribute @go(" + a.Contents() + "), which is not one name", hint: "write @go(Name)"}
		case found != "" && found != name:
			return "", &refusal{rule: "definition/go-name", at: v.Pos(),
				message: "has two names for Go, " + found + " and " + name, hint: "write one @go(Name)"}
		}
		found = name
	}
	return found, nil
}
