// Package templates holds the texts that esogen writes for people: what "esogen
// init" begins a project with.
package templates

import _ "embed"

// Spec is a first spec.
//
//go:embed init/api_token.cue
var Spec string

// Generate is the Go file beside the specs that has the go:generate line. In
// it, ROOT stands for the way from the specs to the project, PACKAGE for the
// name of the package, and FLAGS for flags that are not the default.
//
//go:embed init/generate.go.txt
var Generate string

// Workflow is a CI job for GitHub. In it, FLAGS stands for flags that are not
// the default, and OUT for the directory of the generated code.
//
//go:embed init/workflow.yml
var Workflow string

// Attributes keeps git from changing line ends, and merges files with a record
// a line without conflicts. In it, OUT and GOLDEN stand for the directories of
// the generated code and of the golden files.
//
//go:embed init/gitattributes
var Attributes string

// Rules are the texts about the rules of check: a rule for a terminal, a rule
// for a page, and the page of all.
//
//go:embed rules.tmpl
var Rules string
