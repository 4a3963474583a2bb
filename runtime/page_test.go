package eso_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// maxExported is how many names the page of this package may have: constants,
// variables, types, functions and methods. What only generated code calls belongs
// to esoimpl, and what nobody calls from outside to a room below.
const maxExported = 95

func TestThePageIsShort(t *testing.T) {
	fset, files := token.NewFileSet(), []*ast.File{}
	for _, file := range goFiles(t, ".") {
		parsed, err := parser.ParseFile(fset, file, nil, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, parsed)
	}
	page, err := doc.NewFromFiles(fset, files, "github.com/esogen/esogen/runtime")
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(page.Doc, "Package eso "), "the page begins with an overview")
	var names []string
	values := func(list []*doc.Value) {
		for _, v := range list {
			names = append(names, slices.DeleteFunc(slices.Clone(v.Names), func(name string) bool { return !ast.IsExported(name) })...)
		}
	}
	functions := func(of string, list []*doc.Func) {
		for _, f := range list {
			names = append(names, of+f.Name)
			assert.NotEmpty(t, f.Doc, "%s%s has no doc comment", of, f.Name)
		}
	}
	values(page.Consts)
	values(page.Vars)
	functions("", page.Funcs)
	for _, typ := range page.Types {
		names = append(names, typ.Name)
		assert.NotEmpty(t, typ.Doc, "%s has no doc comment", typ.Name)
		values(typ.Consts)
		values(typ.Vars)
		functions("", typ.Funcs)
		functions(typ.Name+".", typ.Methods)
	}
	assert.LessOrEqual(t, len(names), maxExported, "%q", names)
}

// rooms has what each room of the runtime may use of the others: rooms below it
// only. What is not listed uses none.
var rooms = map[string][]string{
	"internal/fault":      {},
	"internal/jsontext":   {"internal/fault"},
	"internal/seal":       {"internal/jsontext", "internal/fault"},
	"internal/codec":      {"internal/jsontext", "internal/fault"},
	"internal/rekey":      {},
	".":                   {"internal/rekey", "internal/codec", "internal/seal", "internal/jsontext", "internal/fault"},
	"esoimpl":             {".", "internal/codec", "internal/seal", "internal/fault"},
	"internal/jsontest":   {},
	"internal/sealtest":   {},
	"internal/keycheck":   {},
	"keyfile":             {".", "internal/seal", "internal/jsontext", "internal/keycheck", "internal/fault"},
	"keyfile/keyfiletest": {"."},
	"kibanaindex":         {".", "internal/jsontext"},
	"store":               {".", "internal/rekey", "internal/fault", "internal/jsontext", "internal/keycheck", "internal/seal"},
	"esotest":             {".", "esoimpl", "store"},
}

// TestRoomsUseRoomsBelow: no package of the runtime imports one that it may not
// use, and all but the store and the tests import the standard library alone.
func TestRoomsUseRoomsBelow(t *testing.T) {
	const runtime = "github.com/esogen/esogen/runtime"
	found := packages(t, ".")
	for room := range rooms {
		assert.Contains(t, found, room)
	}
	for _, room := range found {
		uses, known := rooms[room]
		if !assert.True(t, known, "room %q is not in the table", room) {
			continue
		}
		for _, file := range goFiles(t, room) {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			require.NoError(t, err)
			for _, spec := range parsed.Imports {
				imported := strings.Trim(spec.Path.Value, `"`)
				switch below, own := strings.CutPrefix(imported, runtime); {
				case own:
					below = strings.TrimPrefix(below, "/")
					if below == "" {
						below = "."
					}
					assert.Contains(t, uses, below, "%s imports it", file)
				case !slices.Contains([]string{"store", "esotest", "internal/jsontest", "internal/sealtest"}, room):
					assert.NotContains(t, imported, ".", "%s imports something beyond the standard library", file)
				}
			}
		}
	}
}

// packages returns the directories below dir that hold Go files, relative to it.
func packages(t *testing.T, dir string) (found []string) {
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	if len(goFiles(t, dir)) > 0 {
		found = append(found, dir)
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() != "testdata" {
			found = append(found, packages(t, path.Join(dir, e.Name()))...)
		}
	}
	return found
}

// goFiles returns the Go files of a directory, without tests.
func goFiles(t *testing.T, dir string) (files []string) {
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
			files = append(files, path.Join(dir, e.Name()))
		}
	}
	return files
}
