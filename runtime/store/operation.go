package store

import (
	"context"
	"errors"
	"log/slog"
	"time"

	eso "github.com/esogen/esogen/runtime"
)

// operation is one call on an object, from its beginning to the event that reports
// it. Every failure of such a call goes through end, so that the observer sees
// what the caller gets.
type operation struct {
	Event
	store      *Store
	attributes []byte // of the stored document, once it was read
}

// begin starts an operation on an object of the type.
func (t typed) begin(op eso.Op, ref eso.Ref) operation {
	ref.Type = t.def.Type
	return t.store.begin(op, ref)
}

func (s *Store) begin(op eso.Op, ref eso.Ref) operation {
	return operation{Event: Event{Op: op, Ref: ref, Attempts: 1, Time: time.Now()}, store: s}
}

// on notes which document the operation is about.
func (o *operation) on(doc eso.Document) {
	o.Ref, o.Model, o.attributes = doc.Ref, doc.Model, doc.Attributes
}

// end reports the operation, and returns its error with the operation and the
// object in it.
func (o *operation) end(ctx context.Context, err error) error {
	e := o.Event
	e.Duration = time.Since(e.Time)
	err = withDefaultOp(err, o.Op, o.Ref)
	e.Err = err
	var refused refusal
	var at *eso.Error
	switch {
	case errors.As(err, &refused):
		e.Err = &eso.Error{Op: e.Op, Ref: e.Ref, Err: errRefused}
		err = withoutRefusal(err)
	case errors.As(err, &at):
		e.Attribute = clip(at.Attribute)
	}
	if e.Reason = ReasonOf(e.Err); e.Reason == ReasonShredded {
		e.KeyIDs = sealedBy(eso.Document{Attributes: o.attributes})
	}
	o.store.log(ctx, e)
	if o.store.options.Observe != nil {
		o.store.options.Observe(ctx, e)
	}
	return err
}

// withDefaultOp adds operation and object to an error that lacks them.
func withDefaultOp(err error, op eso.Op, ref eso.Ref) error {
	if err == nil {
		return nil
	}
	if _, ok := err.(*eso.Error); ok {
		return err
	}
	return &eso.Error{Op: op, Ref: ref, Err: err}
}

// errRefused replaces, in events, the error of a function of the caller, whose text
// may hold anything.
var errRefused = errors.New("the caller's function refused")

// refusal is an error of a function of the caller.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// withoutRefusal gives the caller the very error that its function returned.
func withoutRefusal(err error) error {
	at, ok := err.(*eso.Error)
	if !ok {
		return err
	}
	if r, ok := at.Err.(refusal); ok {
		bare := *at
		bare.Err = r.error
		return &bare
	}
	return err
}

func (s *Store) log(ctx context.Context, e Event) {
	if s.options.Logger == nil {
		return
	}
	level, message := slog.LevelDebug, string(e.Op)
	switch e.Reason {
	case "":
		if e.Op != eso.OpOpen {
			return
		}
	case ReasonNotFound, ReasonExists, ReasonRefused, ReasonCanceled, ReasonShredded:
	default:
		level = slog.LevelWarn
	}
	if !s.options.Logger.Enabled(ctx, level) {
		return
	}
	var attrs []slog.Attr
	if e.Op != OpKeys {
		attrs = append(attrs, slog.String("type", clip(e.Ref.Type)), slog.String("id", clip(e.Ref.ID)))
	}
	if e.Ref.Namespace != "" {
		attrs = append(attrs, slog.String("namespace", clip(e.Ref.Namespace)))
	}
	if e.Model != 0 {
		attrs = append(attrs, slog.Int("model", e.Model))
	}
	if e.Attribute != "" {
		attrs = append(attrs, slog.String("attribute", e.Attribute))
	}
	if e.Reason != "" {
		attrs = append(attrs, slog.String("reason", string(e.Reason)), slog.Any("error", e.Err))
		message += " failed"
	}
	s.options.Logger.LogAttrs(ctx, level, message, attrs...)
}
