package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	eso "github.com/esogen/esogen/runtime"
)

// OnConflict is what [Store.Import] does with an object whose id is taken.
type OnConflict string

const (
	FailOnConflict    OnConflict = "fail"    // the object fails with ErrExists
	SkipOnConflict    OnConflict = "skip"    // the object that is there stays
	ReplaceOnConflict OnConflict = "replace" // the imported object takes its place
)

// ImportOptions configures [Store.Import].
type ImportOptions struct {
	// From opens the documents.
	From eso.Keyring

	// Notes is the key that authenticates what the store notes of the import. It should
	// be one that whoever can write to the database does not have, such as the key that
	// seals the documents.
	Notes eso.Key

	// OnConflict is what to do with objects whose id is taken. "" means
	// FailOnConflict.
	OnConflict OnConflict

	// Workers is how many objects are opened and sealed at a time. 0 means as many as
	// there are processors.
	Workers int
}

// ImportBatch is what Import stores together.
type ImportBatch struct {
	// Stream names the import that the batch is a part of, and Number is its place
	// there. Together they identify the batch. Mark identifies what is in it, such as a
	// MAC over it.
	Stream string
	Number int64
	Mark   string

	Objects []Imported
}

// Imported is a document of another store.
type Imported struct {
	Definition *eso.Definition
	Doc        eso.Document
	Namespaces []string // as in Exported

	// NewID is the id under which the object is stored. "" means its own.
	NewID string
}

// ImportOutcome is the result for an object of a batch.
type ImportOutcome struct {
	Result ImportResult
	Err    error // why it failed, else nil
}

// ImportResult is what Import did with an object.
type ImportResult int

const (
	ImportFailed   ImportResult = iota // it was not stored
	ImportCreated                      // it is a new object
	ImportReplaced                     // it took the place of another one
	ImportSkipped                      // its id is taken, and the object that is there stays
	ImportedBefore                     // an earlier import of this batch has stored it, or this one in a transaction whose answer was lost
)

const (
	maxBatch  = 10_000 // objects of one import
	maxStream = 64     // bytes of the name of a stream
	maxMark   = 128
)

// Import stores documents of another store, each at its own model, sealed by the keyring
// of this store. It verifies them as a rotation does: a document that does not open, or
// holds in plaintext what its own or another model makes a secret, fails. The outcomes
// are those of batch.Objects, in order.
//
// The objects are stored in one transaction, together with a note of those that were.
// Given the batch again, Import passes over what the note says, whatever happened to the
// objects since. So an import that was interrupted at any point can be done again. A note
// that does not verify, or whose batch had another mark, counts as none. The notes are in
// the table eso_imports, and may be deleted when nobody will repeat the import.
//
// An object that fails does not affect the others. An error means that nothing more of
// the batch was stored: it comes from the database or the context, or is
// [eso.ErrInvalid] for an invalid batch.
func (s *Store) Import(ctx context.Context, batch ImportBatch, o ImportOptions) ([]ImportOutcome, error) {
	if o.OnConflict == "" {
		o.OnConflict = FailOnConflict
	}
	i := &importing{store: s, batch: batch, options: o, keys: crossing{opens: o.From, seals: s.keys}}
	if err := i.run(ctx); err != nil {
		return nil, withDefaultOp(err, OpImport, eso.Ref{})
	}
	outcomes := make([]ImportOutcome, len(i.items))
	for n, item := range i.items {
		outcomes[n] = item.outcome
	}
	return outcomes, nil
}

// importing is the import of one batch.
type importing struct {
	store   *Store
	batch   ImportBatch
	options ImportOptions
	keys    eso.Keyring
	items   []*importItem
	note    importNote
}

// importItem is an object of a batch.
type importItem struct {
	typed
	op         operation
	place      int
	doc        eso.Document // to store
	namespaces string       // the column
	settled    bool
	outcome    ImportOutcome
}

func (i *importing) run(ctx context.Context) error {
	switch b := &i.batch; {
	case i.options.From == nil || i.options.Notes == nil:
		return fmt.Errorf("%w: an import needs a keyring and a key for its notes", eso.ErrInvalid)
	case !slices.Contains([]OnConflict{FailOnConflict, SkipOnConflict, ReplaceOnConflict}, i.options.OnConflict):
		return fmt.Errorf("%w: OnConflict", eso.ErrInvalid)
	case len(b.Objects) > maxBatch || b.Number < 0 || !isWord(b.Stream, maxStream) || !isWord(b.Mark, maxMark):
		return fmt.Errorf("%w: an import has at most %d objects in a batch, and names of letters and digits", eso.ErrInvalid, maxBatch)
	}
	if err := i.store.check(ctx); err != nil {
		return err
	}
	if err := i.readNote(ctx); err != nil {
		return err
	}
	i.items = make([]*importItem, len(i.batch.Objects))
	inParallel(i.options.Workers, len(i.items), func(place int) { i.items[place] = i.prepare(ctx, place) })
	if err := ctx.Err(); err != nil {
		return err
	}
	return i.settle(ctx, i.items)
}

// isWord reports whether a text is a name that any database takes, and nobody misreads.
func isWord(text string, limit int) bool {
	odd := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	}
	return text != "" && len(text) <= limit && !slices.ContainsFunc([]rune(text), odd)
}

// prepare opens an object, and seals it for this store.
func (i *importing) prepare(ctx context.Context, place int) *importItem {
	given := &i.batch.Objects[place]
	item := &importItem{typed: typed{i.store, given.Definition}, place: place}
	item.op = item.begin(OpImport, given.Doc.Ref)
	item.op.on(given.Doc)
	if i.note.has(place) {
		item.settled, item.outcome.Result = true, ImportedBefore
		return item
	}
	if err := item.admit(ctx, i.keys, given); err != nil {
		item.fails(ctx, err)
	}
	return item
}

// admit makes the document to store.
func (item *importItem) admit(ctx context.Context, keys eso.Keyring, given *Imported) error {
	doc := given.Doc
	if doc.Ref.Type == "" {
		doc.Ref.Type = item.def.Type
	}
	doc.Ref.Namespace = normal(doc.Ref.Namespace)
	if doc.Ref.ID == "" {
		return fmt.Errorf("%w: a sealed document has one, which its secrets are bound to", eso.ErrID)
	}
	if err := item.identify(doc, given.NewID); err != nil {
		return err
	}
	var err error
	if item.namespaces, err = item.list(doc, given.Namespaces); err != nil {
		return err
	}
	if err := unknownCiphertext(OpImport, item.def, doc); err != nil {
		return err
	}
	if item.doc, err = crossed(ctx, OpImport, item.def, keys, doc, given.NewID); err != nil {
		return err
	}
	item.op.on(item.doc)
	item.op.KeyIDs = item.doc.KeyIDs
	return item.store.storable(OpImport, item.doc)
}

// identify refuses an identity that no object of the document's model has. That of a
// model above all known ones may have a namespace, whatever the newest one says.
func (item *importItem) identify(doc eso.Document, newID string) error {
	for _, id := range []string{doc.Ref.ID, newID} {
		if err := keyPart("id", id, maxID); err != nil {
			return err
		}
	}
	if doc.Model > len(item.def.Models) {
		return keyPart("namespace", doc.Ref.Namespace, maxNamespace)
	}
	_, err := newIdentity(item.def, doc.Model, doc.Ref)
	return err
}

// list returns the column of the namespaces of an object.
func (item *importItem) list(doc eso.Document, namespaces []string) (string, error) {
	if namespaces == nil {
		return "", nil
	}
	if kindOf(item.def, doc.Model) != eso.Multiple {
		return "", fmt.Errorf("%w: only objects of the kind multiple list namespaces", eso.ErrID)
	}
	for _, name := range namespaces {
		if name != allNamespaces && normal(name) != "" && !eso.IsNamespace(name) {
			return "", fmt.Errorf("%w: the list of namespaces has an invalid one", eso.ErrID)
		}
	}
	text, err := json.Marshal(namespaces)
	if err == nil && len(text) > maxNamespaces {
		err = fmt.Errorf("%w: the list of namespaces", eso.ErrTooLarge)
	}
	return string(text), err
}

func (item *importItem) fails(ctx context.Context, err error) {
	item.settled = true
	item.outcome = ImportOutcome{ImportFailed, item.op.end(ctx, err)}
}

// settle stores what is left of some objects: together, unless the database refuses one
// of them.
func (i *importing) settle(ctx context.Context, items []*importItem) error {
	for attempt := 1; ; attempt++ {
		items = slices.DeleteFunc(slices.Clone(items), func(item *importItem) bool { return item.settled })
		if len(items) == 0 {
			return nil
		}
		err := i.store.retry(ctx, func() error { return i.commit(ctx, items) })
		switch {
		case err == nil:
			i.report(ctx, items)
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errLost) || lostConnection(err):
			// Others import the same batch, or have written one of the objects, or the
			// answer is lost: the note says what is stored.
			if attempt >= i.store.options.Attempts {
				if lostConnection(err) {
					return err
				}
				return &ConflictError{attempt}
			}
			if err := pause(ctx, attempt); err != nil {
				return err
			}
			if err := i.reread(ctx); err != nil {
				return err
			}
		case i.store.db.PingContext(ctx) != nil:
			return err
		case len(items) == 1:
			items[0].fails(ctx, err)
			return nil
		default: // the database refuses one of them
			half := len(items) / 2
			if err := i.settle(ctx, items[:half]); err != nil {
				return err
			}
			items = items[half:]
		}
	}
}

// reread reads the note again, and settles what others have stored, or this import
// without knowing it.
func (i *importing) reread(ctx context.Context) error {
	if err := i.readNote(ctx); err != nil {
		return err
	}
	for _, item := range i.items {
		if !item.settled && i.note.has(item.place) {
			item.settled, item.outcome.Result = true, ImportedBefore
			item.op.end(ctx, nil)
		}
	}
	return nil
}

// report ends the operations of objects that were settled.
func (i *importing) report(ctx context.Context, items []*importItem) {
	for _, item := range items {
		item.settled = true
		if item.outcome.Result == ImportSkipped {
			item.op.end(ctx, ErrExists) // for whoever observes
			continue
		}
		item.outcome.Err = item.op.end(ctx, item.outcome.Err)
	}
}

// commit stores objects and the note of them in one transaction.
func (i *importing) commit(ctx context.Context, items []*importItem) error {
	next := i.note
	err := i.store.inTransaction(ctx, nil, func(tx *sql.Tx) error {
		if err := i.lockNote(ctx, tx); err != nil {
			return err
		}
		next = i.note.copy()
		for _, item := range items {
			result, err := item.put(ctx, tx, i.options.OnConflict)
			if err != nil && !isVerdict(err) {
				return err
			}
			item.outcome = ImportOutcome{result, err}
			if result == ImportCreated || result == ImportReplaced {
				next.add(item.place)
			}
		}
		return i.writeNote(ctx, tx, &next)
	})
	if err == nil {
		i.note = next
	}
	return err
}
