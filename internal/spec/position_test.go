package spec_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/esogen/esogen/internal/spec"
)

// The name of a file is not trusted: neither a terminal nor the log of a CI job
// may obey it.
func TestPositionOfAHostileFile(t *testing.T) {
	assert.Equal(t, "specs/a b.cue:1:2", spec.Position{File: "specs/a b.cue", Line: 1, Column: 2}.String())
	assert.Equal(t, `"specs/x\n::add-mask::\x1b[31m.cue":1:2`, spec.Position{File: "specs/x\n::add-mask::\x1b[31m.cue", Line: 1, Column: 2}.String())
	assert.Equal(t, `"specs/\u202e.cue"`, spec.Position{File: "specs/\u202e.cue"}.String())
	assert.Equal(t, "-", spec.Position{}.String())
}
