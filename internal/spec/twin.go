package spec

import (
	"maps"
	"path"
	"slices"
	"sync"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	schema "github.com/esogen/esogen/eso"
	"github.com/esogen/esogen/internal/definition"
)

// embedded builds the embedded eso package.
func embedded() *build.Instance {
	instance := build.NewContext().NewInstance("", nil)
	files := schema.Files()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		syntax, err := parser.ParseFile(path.Join(schema.ModulePackage, name), files[name], parser.ParseComments)
		if err != nil {
			panic(err) // it is embedded, and a test reads it
		}
		if err := instance.AddSyntax(syntax); err != nil {
			panic(err)
		}
	}
	instance.ImportPath = schema.ImportPath
	if err := instance.Complete(); err != nil {
		panic(err)
	}
	return instance
}

// marker is the hidden field of eso.#Type by which a type is known.
const marker = "_savedObject"

// relaxed is what #Type becomes in the permissive twin of the eso package.
// Nothing is left of it but the marker, and what may be added to a type that
// is declared as a definition, which closes the struct otherwise.
const relaxed = `{
	` + marker + `: true
	["models"]: [string]: {[=~"^(attributes|renamed|backfill)$"]: {...}, ...}
	...
}`

// relax makes the eso package its permissive twin. What a type may say is
// checked here, in words about the spec; CUE would say it in words about the
// schema, and hide one mistake behind another. It also evaluates faster.
func relax(instance *build.Instance) {
	for _, f := range instance.Files {
		for _, d := range f.Decls {
			field, ok := d.(*ast.Field)
			if !ok {
				continue
			}
			if l, known, _ := fieldLabel(field); !known || l != identLabel("#Type") {
				continue
			}
			twin, err := parser.ParseExpr("", relaxed)
			if err != nil {
				panic(err) // it is a constant
			}
			field.Value = twin
		}
	}
}

// markerPath is where the marker of types is.
func (set *imports) markerPath() cue.Path {
	return cue.MakePath(cue.Hid(marker, set.eso.ID()))
}

// esoPatterns tells the types of the embedded eso package by their patterns,
// for values of which only the evaluated form is known.
var esoPatterns = sync.OnceValue(func() map[string]definition.Kind {
	patterns := map[string]definition.Kind{}
	for _, f := range embedded().Files {
		for _, d := range f.Decls {
			field, ok := d.(*ast.Field)
			if !ok {
				continue
			}
			bound, ok := field.Value.(*ast.UnaryExpr)
			if !ok || bound.Op != token.MAT {
				continue
			}
			if lit, ok := bound.X.(*ast.BasicLit); ok {
				if text, err := literal.Unquote(lit.Value); err == nil {
					l, _, _ := fieldLabel(field)
					patterns[text] = esoKinds[l.name]
				}
			}
		}
	}
	return patterns
})
