package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/jsonl"
	"github.com/esogen/esogen/internal/phrase"
	"github.com/esogen/esogen/internal/runtimedef"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile"
	"github.com/esogen/esogen/runtime/store"
)

// rotateStore rotates the objects of a store.
func (a *app) rotateStore(ctx context.Context, r *rotation) error {
	o, err := a.openStore(ctx, r)
	if err != nil {
		return err
	}
	defer o.Close()
	leave, err := o.join(ctx)
	if err != nil {
		return err
	}
	defer leave()
	meter := a.meter()
	report, err := o.Store.Rotate(ctx, o.definitions, store.JobOptions{
		Batch: r.batch, Workers: r.workers, Restart: r.restart,
		Progress: func(p store.Progress) {
			if p.Total > 0 {
				meter.show(p.Type, int(p.All()), int(p.Total), int(p.Failed))
			}
		},
	})
	meter.end()
	if err != nil {
		return stopped(ctx, report, err)
	}
	if err := a.printReport(report, r.asJSON); err != nil {
		return err
	}
	if len(r.types) == 0 {
		if err := a.undeclared(ctx, o); err != nil {
			return err
		}
	}
	if report.Failed > 0 {
		return &exit{exitFindings, fmt.Sprintf("rotate: %s failed and stayed as before", objectCount(report.Failed)),
			rotateHint(ctx, r, o.keys, report.Failures)}
	}
	return nil
}

// rotateHint says what to do about objects that were not rotated.
func rotateHint(ctx context.Context, r *rotation, keys eso.Keyring, failures []store.Failure) string {
	// Under another key, in a namespace that has none any more: such an object opens, and
	// is what shredding was to destroy.
	if slices.ContainsFunc(failures, func(f store.Failure) bool { return f.Reason == store.ReasonShredded }) {
		return "shredded: the namespace was shredded before these objects were rotated to its key, and their old key opens them; have the product delete them"
	}
	var lacking []string
	for _, f := range failures {
		if f.Reason == store.ReasonNoKey {
			lacking = append(lacking, f.Ref.Namespace)
		}
	}
	if provide := provisionHint(ctx, keys, r.keys.file, lacking); provide != "" {
		return provide + "; then run it again"
	}
	if slices.ContainsFunc(failures, func(f store.Failure) bool { return f.Reason == store.ReasonKeyKind }) {
		return kindHint(r.keys.file) + "; then run it again"
	}
	return `mend what failed and run it again; until then, old keys may be needed: "esogen rotate --usage" says which`
}

// undeclared warns of objects that were not visited because no spec declares their type:
// they may need an old key.
func (a *app) undeclared(ctx context.Context, o *openedStore) error {
	uses, err := o.Store.ModelUsage(ctx)
	if err != nil {
		return err
	}
	left := map[string]int64{}
	for _, u := range uses {
		if !slices.ContainsFunc(o.definitions, func(d *eso.Definition) bool { return d.Type == u.Type }) {
			left[u.Type] += u.Objects
		}
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		a.say("warning: no spec declares %q: %s left alone", name, objectCount(left[name]))
	}
	return nil
}

// stopped returns the error of a run that ended early. What it had done stays done.
func stopped(ctx context.Context, report store.Report, err error) error {
	soFar := fmt.Sprintf("%s rotated so far", objectCount(report.Done))
	if at := (*eso.Error)(nil); errors.As(err, &at) {
		err = fmt.Errorf("%s: %w", at.Op, at.Err) // the type, if any, says nothing here
	}
	const goOn = "run it again: it goes on where it stopped"
	switch {
	case ctx.Err() != nil:
		return &exit{exitFailed, "interrupted, " + soFar, goOn}
	case errors.Is(err, store.ErrSuperseded):
		return &exit{exitFailed, "another rotation has begun, and continues this one", ""}
	case errors.Is(err, store.ErrSchema):
		return hinted(err, "is this the database of the product? --dsn says which one was looked at")
	case unreachable(err):
		// The driver puts each address on a line of its own.
		return &exit{exitFailed, strings.Join(strings.Fields(err.Error()), " "), "is the server there, and does it let this user in? --dsn says which one was asked"}
	case report.All() > 0:
		return hinted(fmt.Errorf("%w; %s", err, soFar), goOn)
	default:
		return err
	}
}

// keyUsage prints which keys the objects of a store are under.
func (a *app) keyUsage(ctx context.Context, r *rotation) error {
	o, err := a.openStore(ctx, r)
	if err != nil {
		return err
	}
	defer o.Close()
	uses, err := o.Store.KeyUsage(ctx)
	if err != nil {
		return stopped(ctx, store.Report{}, err)
	}
	if len(r.types) > 0 {
		uses = slices.DeleteFunc(uses, func(u store.KeyUse) bool { return !slices.Contains(r.types, u.Type) })
	}
	return a.printUsage(ctx, uses, o.keys, r.asJSON)
}

// openedStore is a store in a database, with what the specs declare.
type openedStore struct {
	*store.Store
	*database
	keys        eso.Keyring
	definitions []*eso.Definition
}

func (a *app) openStore(ctx context.Context, r *rotation) (*openedStore, error) {
	keys, err := a.keys(ctx, jsonl.Rotate, &r.keys)
	if err != nil {
		return nil, err
	}
	return a.openStoreOf(ctx, keys, r.dsn, r.types, store.Options{Process: "esogen rotate"})
}

// openStoreOf opens the store in a database, with the definitions of the named types, or
// of all if none is named.
func (a *app) openStoreOf(ctx context.Context, keys eso.Keyring, dsn string, names []string, options store.Options) (*openedStore, error) {
	types, err := a.load(ctx, false)
	if err != nil {
		return nil, err
	}
	definitions, err := chosen(types, names)
	if err != nil {
		return nil, err
	}
	if holdsPassword(dsn) {
		a.say("warning: the password in --dsn can be seen by every process of this machine; PGPASSWORD, PGPASSFILE and ~/.pgpass cannot")
	}
	db, err := openDatabase(dsn, a.path)
	if err != nil {
		return nil, err
	}
	s, err := store.New(db.DB, db.dialect, keys, options)
	if err != nil {
		db.Close()
		return nil, err
	}
	return &openedStore{s, db, keys, definitions}, nil
}

// join registers this run among the processes that seal, if it has a key file, until the
// function that it returns is called: no key may become primary that it lacks, and none
// be retired that it seals under. An older file, whose primary key was given up, is
// refused.
func (o *openedStore) join(ctx context.Context) (leave func(), err error) {
	if _, ok := o.keys.(*keyfile.Keyring); !ok {
		return func() {}, nil
	}
	if _, err := o.Store.CheckKeys(ctx); err != nil {
		if errors.Is(err, store.ErrKeys) {
			err = hinted(err, "is --keys the newest key file? \"esogen keys check FILE --dsn DSN\" compares it")
		} else {
			err = stopped(ctx, store.Report{}, err)
		}
		return nil, errors.Join(err, o.Store.Leave(context.WithoutCancel(ctx)))
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		again := time.NewTicker(time.Minute)
		defer again.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-again.C:
				o.Store.CheckKeys(ctx) // a failure lasts no longer than the one of the rotation
			}
		}
	}()
	return func() {
		cancel()
		<-done
		o.Store.Leave(context.WithoutCancel(ctx))
	}, nil
}

// chosen returns the definitions of the named types, or of all if none is named. Objects
// of retired types may still exist.
func chosen(types []*definition.Type, names []string) ([]*eso.Definition, error) {
	var chosen []*eso.Definition
	for _, t := range types {
		if len(t.Models) > 0 && (len(names) == 0 || slices.Contains(names, t.Name)) {
			chosen = append(chosen, runtimedef.Of(t))
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(chosen, func(d *eso.Definition) bool { return d.Type == name }) {
			return nil, hinted(fmt.Errorf("no spec declares the type %q", name), `run "esogen hash" for the types that there are`)
		}
	}
	slices.SortFunc(chosen, func(a, b *eso.Definition) int { return cmp.Compare(a.Type, b.Type) })
	return chosen, nil
}

func objectCount(n int64) string { return phrase.Count(int(n), "object") }
