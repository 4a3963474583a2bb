// Package templates holds the texts that esogen writes for people, such as the
// files that "esogen init" creates.
package templates

import _ "embed"

// Spec is a first spec.
//
//go:embed init/api_token.cue
var Spec string

// Generate is the Go file beside the specs that has the go:generate line. In
// it, PACKAGE is the name of the package, TOOL the command that runs esogen,
// ROOT the path from the specs to the project, and FLAGS the flags that differ
// from their defaults.
//
//go:embed init/generate.go.txt
var Generate string

// Workflow is a CI job for GitHub. In it, TOOL is the command that runs esogen,
// FLAGS the flags that differ from their defaults, and OUT the directory of the
// generated code.
//
//go:embed init/workflow.yml
var Workflow string

// Attributes keeps git from changing line ends, and has it merge files with one
// record a line without conflicts. In it, OUT and GOLDEN are the directories of
// the generated code and of the golden files.
//
//go:embed init/gitattributes
var Attributes string

// Rules has the templates for the rules of check: one rule in a terminal, one
// rule on a page, and the page of all rules.
//
//go:embed rules.tmpl
var Rules string
