// Package spec reads specs, which are CUE, into definitions, which are not.
//
// A spec is text from other people. Whatever it holds, Load ends, does not
// panic, and says what is wrong at a place in the spec, never in the schema:
// what the problem is in one sentence, and what to write instead in another.
// All problems of a run come at once, each of them once.
//
// The package says everything that is about CUE: syntax, references, keys that
// do not exist, values of the wrong type, constraints that Go cannot check.
// What can be said about a definition whatever its language is said by
// definition.Check, which Load runs; Load gives its findings their positions.
//
// How it works: the files of the package are split into units, one type each
// with the declarations that it refers to. Units are evaluated by CUE
// independently of each other, on as many workers as there are processors, so
// a broken type hides nothing of the others, and time and memory grow with the
// number of types. Under the specs lies a permissive twin of the eso schema
// (see twin.go), so that no finding of CUE's is about the schema. Attribute
// values are read from their expressions, not from their evaluation alone,
// because only the expression knows eso.#Timestamp from a string.
package spec

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/esogen/esogen/internal/definition"
)

// Options says what to load.
type Options struct {
	// Root is the project directory. Positions are relative to it.
	Root string

	// Dir is the directory of the specs, relative to Root unless it is
	// absolute. It defaults to "specs".
	Dir string

	// FS holds the files where they are not the operating system's: a git
	// tree, or specs that exist only in memory. Root is then a path within it,
	// with slashes ("." is its root), and so is Dir.
	FS fs.FS

	limits limits // zero values mean the defaults
}

// Position is a place in a file of the project. Line and column count from 1,
// columns in bytes. The zero Position means that the place is unknown.
type Position struct {
	File         string // relative to the project directory, with slashes
	Line, Column int
}

// String returns the position as file:line:column, or what of it is known.
func (p Position) String() string {
	file := p.File
	if strings.ContainsFunc(file, func(r rune) bool { return !unicode.IsPrint(r) }) {
		file = strconv.Quote(file) // a terminal, or a log, would obey it
	}
	switch {
	case file == "":
		return "-"
	case p.Line == 0:
		return file
	default:
		return fmt.Sprintf("%s:%d:%d", file, p.Line, p.Column)
	}
}

func (p Position) compare(q Position) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// Diagnostic is a problem and where it stands in the spec.
type Diagnostic struct {
	definition.Problem
	Position Position
}

// String returns the diagnostic in one line, for a terminal.
func (d Diagnostic) String() string {
	text := fmt.Sprintf("%s: [%s] %s", d.Position, d.Rule, d.Message)
	if d.Hint != "" {
		text += "; " + d.Hint
	}
	return text
}

// Specs is what a directory of specs declares.
type Specs struct {
	// Types holds the types that have no error, resolved, sorted by name.
	Types []*definition.Type

	// Broken names the types that are declared but have errors, sorted.
	Broken []string

	// Diagnostics holds errors and warnings, sorted by file, line and column.
	Diagnostics []Diagnostic

	locate *locator
}

// HasErrors reports whether a diagnostic is an error.
func (s *Specs) HasErrors() bool {
	return slices.ContainsFunc(s.Diagnostics, func(d Diagnostic) bool {
		return d.Severity == definition.Error
	})
}

// Position returns where the path into the declaration of t stands: the label
// of a field, or the value where the field is a plain setting such as write.
// Where the path has no place of its own, the nearest prefix that has one
// counts. Paths are those of definition.Problem. The result is the zero
// Position for a type that these specs do not declare. It is safe for
// concurrent use.
func (s *Specs) Position(t *definition.Type, path definition.Path) Position {
	return s.locate.position(t.Label, path)
}

// Load reads the specs of a directory: the CUE files of one package, together
// with those that CUE counts to it (files of the same package above it, up to
// the module root).
//
// What is wrong with the specs is in Diagnostics of the result. The error is
// for what kept Load from reading at all: no such directory, no specs in it,
// an unreadable file, a context that ended.
func Load(ctx context.Context, o Options) (*Specs, error) {
	p, err := readPackage(ctx, o)
	if err != nil {
		return nil, err
	}
	r := &report{pkg: p}
	specs := &Specs{locate: &locator{pkg: p, places: map[string]Position{}}}
	if p.readable() {
		specs.locate.tree = p.firstTree()
		if err := p.evaluate(ctx, r, specs); err != nil {
			return nil, err
		}
	} else {
		p.unevaluated()
		r.addAll(p.problems)
	}
	specs.Diagnostics = r.sorted()
	return specs, nil
}
