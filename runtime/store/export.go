package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"sync"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/internal/rekey"
	"github.com/esogen/esogen/runtime/internal/seal"
)

// ExportOptions configures [Store.Export]. The zero value is ready to use.
type ExportOptions struct {
	// After continues an earlier export after the object that it returned last.
	After Cursor

	// Batch is how many objects are read at once. 0 means 100; the maximum is 10,000.
	Batch int

	// Workers is how many objects are opened and sealed at a time. 0 means as many as
	// there are processors.
	Workers int
}

// Exported is an object on its way to another store.
type Exported struct {
	// Doc is the object at its own model, sealed under the primary key of the keyring
	// that Export was given. If Err is set, it has no attributes.
	Doc eso.Document

	// Namespaces are those that reach an object of the kind multiple. Nil means the one
	// in which it was created, that of Doc.Ref.
	Namespaces []string

	// Cursor is the place of the object: see [ExportOptions].After.
	Cursor Cursor

	// Err is why the object cannot be exported. It wraps [eso.ErrShredded] if its key
	// was destroyed.
	Err error
}

// Export returns the objects of a type, whatever namespaces reach them, in the order of
// their keys: sealed again, each at its own model, under the primary key of another
// keyring. What this release does not know of an object stays in it. [Store.Import]
// takes them into another store.
//
// It reads batch by batch while the caller ranges over it. Each object is as it was when
// its batch was read. Those that others create or delete meanwhile may or may not be
// seen; all others are seen once.
//
// An object that does not open comes with its error, and the export goes on if the
// caller does. An error without an object ends it: it comes from the database or the
// context. Rows with keys that the store does not write are in no batch:
// [Store.CountUnreadable] counts them.
func (s *Store) Export(ctx context.Context, d *eso.Definition, to eso.Keyring, o ExportOptions) iter.Seq2[*Exported, error] {
	if o.Batch <= 0 {
		o.Batch = defaultBatch
	}
	o.Batch = min(o.Batch, maxPage)
	e := export{typed{s, d}, crossing{opens: s.keys, seals: installation{to}}, o}
	return func(yield func(*Exported, error) bool) {
		if err := e.run(ctx, yield); err != nil {
			op := e.begin(OpExport, eso.Ref{})
			yield(nil, op.end(ctx, err))
		}
	}
}

// export is an export of one type.
type export struct {
	typed
	keys    eso.Keyring
	options ExportOptions
}

func (e *export) run(ctx context.Context, yield func(*Exported, error) bool) error {
	if err := e.store.check(ctx); err != nil {
		return err
	}
	for after, more := e.options.After, true; more; {
		page := search{typed: e.typed, columns: "{columns}", after: after, limit: e.options.Batch}
		var rows []row
		var err error
		if rows, more, err = page.rows(ctx); err != nil {
			return err
		}
		if len(rows) == 0 {
			return nil
		}
		if next := rows[len(rows)-1].cursor(); after.before(next) {
			after = next
		} else {
			return fmt.Errorf("%w: the database does not keep rows in order", eso.ErrMalformed)
		}
		all := make([]*Exported, len(rows))
		inParallel(e.options.Workers, len(rows), func(i int) { all[i] = e.export(ctx, &rows[i]) })
		for _, exported := range all {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !errors.Is(exported.Err, ErrNotFound) && !yield(exported, nil) {
				return nil
			}
		}
	}
	return nil
}

// export seals an object for its way.
func (e *export) export(ctx context.Context, r *row) *Exported {
	op := e.begin(OpExport, eso.Ref{})
	doc := r.document(e.def)
	op.on(doc)
	exported := &Exported{Doc: doc, Cursor: r.cursor()}
	err := r.unread
	if errors.Is(err, ErrNotFound) { // deleted since the keys of its batch were read
		exported.Err = err
		return exported
	}
	if err == nil {
		exported.Namespaces, err = r.listed(e.def)
	}
	if err == nil {
		err = keyPart("id", r.id, maxID)
	}
	if err == nil {
		err = unknownCiphertext(OpExport, e.def, doc)
	}
	if err == nil {
		exported.Doc, err = crossed(ctx, OpExport, e.def, e.keys, doc, "")
	}
	if err != nil {
		exported.Doc.Attributes, exported.Namespaces = nil, nil
	}
	op.KeyIDs = exported.Doc.KeyIDs
	exported.Err = op.end(ctx, err)
	return exported
}

// crossed seals a document again, under a new id if there is one. A keyring of the product may panic: one object is not
// the end of the others.
func crossed(ctx context.Context, op eso.Op, d *eso.Definition, keys eso.Keyring, doc eso.Document, id string) (made eso.Document, err error) {
	defer func() {
		if recover() != nil {
			made, err = doc, errPanicked
		}
	}()
	if id == "" {
		made, err = d.Rotate(ctx, keys, doc)
	} else {
		var again any
		again, err = rekey.Document(ctx, d, keys, doc, id)
		made, _ = again.(eso.Document)
	}
	if err == nil {
		return made, nil
	}
	if at, ok := err.(*eso.Error); ok {
		named := *at
		named.Op = op
		err = &named
	}
	return doc, err
}

// unknownCiphertext refuses a document of the kibana format whose model this release does
// not know, and that has an unknown attribute of the form of a ciphertext: it would stay
// under its key, which the other store does not have.
func unknownCiphertext(op eso.Op, d *eso.Definition, doc eso.Document) error {
	newest := d.Models[len(d.Models)-1]
	if doc.Model <= len(d.Models) || newest.Format != eso.Kibana {
		return nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(doc.Attributes, &members) != nil {
		return nil // opening it says what is wrong
	}
	for name, raw := range members {
		var text string
		if slices.ContainsFunc(newest.Attributes, func(a eso.Attribute) bool { return a.Name == name }) || json.Unmarshal(raw, &text) != nil {
			continue
		}
		if _, err := base64.StdEncoding.Strict().DecodeString(text); err == nil && len(text) >= seal.MinCiphertext {
			return &eso.Error{Op: op, Ref: doc.Ref, Attribute: clip(name),
				Err: fmt.Errorf("%w: it may be a secret of model %d, which this release does not know", eso.ErrModel, doc.Model)}
		}
	}
	return nil
}

// listed returns the list of namespaces of an object of the kind multiple, nil if there
// is none.
func (r *row) listed(d *eso.Definition) ([]string, error) {
	if r.namespaces == "" || kindOf(d, r.model) != eso.Multiple {
		return nil, nil
	}
	var names []string
	if err := json.Unmarshal([]byte(r.namespaces), &names); err != nil || names == nil {
		return nil, fmt.Errorf("%w: the column namespaces", eso.ErrMalformed)
	}
	return names, nil
}

// CountUnreadable counts the rows of a type whose keys the store would not have written:
// those that are too long, or not text. No search and no export returns them, and no
// operation reaches them.
func (s *Store) CountUnreadable(ctx context.Context, d *eso.Definition) (int64, error) {
	op := typed{s, d}.begin(OpExport, eso.Ref{})
	err := s.check(ctx)
	var n int64
	if err == nil {
		err = s.retryRead(ctx, func() error {
			query := s.statement("SELECT count(*) FROM {schema}eso_objects WHERE type = ? AND {unsound}")
			return s.fromDatabase(ctx, s.db.QueryRowContext(ctx, query, d.Type).Scan(&n))
		})
	}
	return n, op.end(ctx, err)
}

// inParallel calls work for each place below n, by several workers.
func inParallel(workers, n int, work func(place int)) {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	places := make(chan int)
	var all sync.WaitGroup
	for range min(workers, n) {
		all.Go(func() {
			for place := range places {
				work(place)
			}
		})
	}
	for place := range n {
		places <- place
	}
	close(places)
	all.Wait()
}
