package cli

import (
	"context"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/phrase"
	"github.com/esogen/esogen/internal/spec"
)

// load reads the specs. Errors in them are printed and end the command; of
// warnings, a command that writes or checks something tells, and one that only
// answers does not.
func (a *app) load(ctx context.Context, warn bool) ([]*definition.Type, error) {
	specs, err := spec.Load(ctx, spec.Options{Root: a.dir(), Dir: a.specs})
	if err != nil {
		return nil, hinted(err, `run "esogen init" for a first spec, or say where they are with --specs`)
	}
	failed := specs.HasErrors()
	errors := 0
	for _, d := range specs.Diagnostics {
		switch {
		case d.Severity == definition.Error:
			errors++
		case !warn && !failed:
			continue
		}
		a.diagnostic(d)
	}
	if failed {
		return nil, &exit{exitFailed, phrase.Count(errors, "error") + " in the specs, nothing was done", ""}
	}
	return specs.Types, nil
}
