package service

import (
	"context"
	"errors"
	"fmt"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// errFailures means that objects failed, which the log names.
var errFailures = errors.New("objects failed")

// job is a migration or a rotation. Run again after an interruption, it continues.
type job func(ctx context.Context, types []*eso.Definition, o store.JobOptions) (store.Report, error)

func migrate(ctx context.Context, p *process) error { return p.run(ctx, p.store.Migrate) }

func rotate(ctx context.Context, p *process) error { return p.run(ctx, p.store.Rotate) }

func (p *process) run(ctx context.Context, do job) error {
	report, err := do(ctx, p.definitions(), store.JobOptions{
		Batch: p.batch,
		Progress: func(now store.Progress) {
			p.log.Info("progress", "type", now.Type, "objects", now.All(), "of", now.Total)
		},
	})
	for _, t := range report.Types {
		p.log.Info("ended", "type", t.Type, "resumed", t.Resumed)
		fmt.Fprintf(p.stdout, "%s: %d written, %d unchanged, %d deleted, %d failed", t.Type, t.Done, t.Unchanged, t.Gone, t.Failed)
		if t.Shredded > 0 {
			fmt.Fprintf(p.stdout, ", %d shredded", t.Shredded)
		}
		fmt.Fprintln(p.stdout)
	}
	for _, f := range report.Failures {
		p.log.Warn("failed", "type", f.Ref.Type, "namespace", f.Ref.Namespace, "id", f.Ref.ID, "model", f.Model, "attribute", f.Attribute, "reason", f.Reason)
	}
	if err == nil && report.Failed > 0 {
		err = errFailures
	}
	return err
}

// keyUsage prints a line for each key and type. A key without a line can be removed.
func keyUsage(ctx context.Context, p *process) error {
	uses, err := p.store.KeyUsage(ctx)
	if err != nil {
		return err
	}
	for _, use := range uses {
		fmt.Fprintf(p.stdout, "%s %s %d\n", use.KeyID, use.Type, use.Objects)
	}
	return nil
}

func (p *process) definitions() []*eso.Definition {
	var list []*eso.Definition
	for _, k := range p.release.Kinds {
		list = append(list, k.definition())
	}
	return list
}
