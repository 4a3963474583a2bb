// Package schema embeds the CUE package that specs import as eso: the schema of
// types and models, and the attribute types that JSON and CUE lack. Its files
// are those beside this one. esogen reads specs, and sets up projects, with
// them, and so without a network.
package schema

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
)

// ImportPath is the path under which specs import the CUE package.
const ImportPath = "github.com/esogen/esogen/eso"

// LanguageVersion is the CUE language version that the files of ModuleFiles
// state: the oldest one that knows all that they use.
const LanguageVersion = "v0.9.0"

//go:embed *.cue
var files embed.FS

// Files returns the files of the CUE package by name. The caller owns the map
// and what it holds.
func Files() map[string][]byte {
	all := map[string][]byte{}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		panic(err) // embedded: cannot fail
	}
	for _, entry := range entries {
		text, err := files.ReadFile(entry.Name())
		if err != nil {
			panic(err)
		}
		all[entry.Name()] = text
	}
	return all
}

// ModulePackage is the directory, relative to a project, where ModuleFiles
// puts the CUE package.
const ModulePackage = "cue.mod/pkg/" + ImportPath

// ModuleFile is the path, relative to a project, of its CUE module file.
const ModuleFile = "cue.mod/module.cue"

// ModuleFiles returns what a project needs so that `cue vet -c=false ./specs`
// and the CUE language server resolve the import without a network and without
// esogen: a module file, to be written only if the project has none, and a
// copy of the CUE package. Names are relative to the project, with slashes.
// The module is a CUE module path such as "example.com/product@v0".
//
// See https://cuelang.org/docs/reference/modules/ for both.
func ModuleFiles(module string) map[string][]byte {
	all := map[string][]byte{
		ModuleFile: fmt.Appendf(nil, "module: %q\nlanguage: version: %q\n", module, LanguageVersion),
	}
	for name, text := range Files() {
		all[path.Join(ModulePackage, name)] = text
	}
	return all
}
