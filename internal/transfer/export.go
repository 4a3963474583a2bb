package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// shredded is the reason of an object whose key was destroyed on purpose.
const shredded = string(store.ReasonShredded)

// ExportOptions configures an export.
type ExportOptions struct {
	Batch, Workers int // as store.ExportOptions has them

	// Progress is called now and then with how many objects of a type are done, how
	// many of them failed, and how many there were when the export of the type began.
	Progress func(typ string, done, failed, total int64)
}

// ExportReport is the result of an export, including earlier runs that it continued.
type ExportReport struct {
	Counts   []*Counts // of each type that has objects, in their order
	Failures []Failure // the first 1,000 of each type
}

// Total returns the sum of all types.
func (r *ExportReport) Total() Counts { return sum(r.Counts) }

func sum(all []*Counts) (total Counts) {
	for _, c := range all {
		total.add(c)
	}
	return total
}

// Export writes the objects of the types of the stream that follow what the writer has
// already, and the trailer. The definitions are those of the types.
func Export(ctx context.Context, s *store.Store, definitions []*eso.Definition, to eso.Keyring, w *Writer, o ExportOptions) (ExportReport, error) {
	err := export(ctx, s, definitions, to, w, o)
	return ExportReport{w.total, w.failures}, err
}

func export(ctx context.Context, s *store.Store, definitions []*eso.Definition, to eso.Keyring, w *Writer, o ExportOptions) error {
	if w.complete {
		return nil
	}
	if o.Batch <= 0 {
		o.Batch = 100
	}
	o.Batch = min(o.Batch, maxLines)
	usage, err := s.ModelUsage(ctx)
	if err != nil {
		return err
	}
	first := 0
	if w.at.typ != "" {
		if first = slices.Index(w.header.Types, w.at.typ); first < 0 {
			return fmt.Errorf("%w: a checkpoint of the type %q", ErrFormat, w.at.typ)
		}
	}
	for i, name := range w.header.Types[first:] {
		after := ""
		if i == 0 {
			if w.at.ended {
				continue
			}
			after = w.at.after
		}
		place := slices.IndexFunc(definitions, func(d *eso.Definition) bool { return d.Type == name })
		if place < 0 {
			return fmt.Errorf("%w: the stream has objects of %q, which no spec declares", eso.ErrType, name)
		}
		total := int64(0)
		for _, u := range usage {
			if u.Type == name {
				total += u.Objects
			}
		}
		if err := w.export(ctx, s, definitions[place], to, after, total, o); err != nil {
			return err
		}
	}
	return w.end(ctx)
}

// export adds the objects of one type.
func (w *Writer) export(ctx context.Context, s *store.Store, d *eso.Definition, to eso.Keyring, after string, total int64, o ExportOptions) error {
	options := store.ExportOptions{Batch: o.Batch, Workers: o.Workers}
	if err := options.After.UnmarshalText([]byte(after)); err != nil {
		return fmt.Errorf("%w: a cursor", ErrFormat)
	}
	for e, err := range s.Export(ctx, d, to, options) {
		if err != nil {
			return err
		}
		cursor := e.Cursor.String()
		if e.Err == nil {
			err = w.object(ctx, &Object{e.Doc, e.Namespaces}, cursor)
		} else {
			err = w.failure(ctx, failureOf(e.Doc, e.Err), cursor)
		}
		if err == nil && w.lines >= o.Batch {
			err = w.flush(ctx)
			if o.Progress != nil && err == nil {
				c := w.total.get(d.Type)
				o.Progress(d.Type, c.All(), c.Failed, total)
			}
		}
		if err != nil {
			return err
		}
	}
	unreadable, err := s.CountUnreadable(ctx, d)
	if err != nil {
		return err
	}
	w.ended(d.Type, unreadable)
	if o.Progress != nil {
		c, more := w.total.get(d.Type), w.counts.get(d.Type)
		c.add(&more)
		o.Progress(d.Type, c.All(), c.Failed, total)
	}
	return nil
}

// failureOf is the line of an object that failed.
func failureOf(doc eso.Document, err error) Failure {
	f := Failure{Type: doc.Ref.Type, ID: clip(doc.Ref.ID), Namespace: clip(doc.Ref.Namespace), Model: doc.Model, Reason: string(store.ReasonOf(err))}
	if at := (*eso.Error)(nil); errors.As(err, &at) {
		f.Attribute = clip(at.Attribute)
	}
	return f
}

// clip returns the beginning of a name that comes with an object, as valid text.
func clip(name string) string {
	clipped := []rune{}
	for _, r := range name {
		if len(clipped) == 200 {
			break
		}
		if r == 0 {
			r = utf8.RuneError
		}
		clipped = append(clipped, r)
	}
	return string(clipped)
}
