package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/internal/jsontext"
	"github.com/esogen/esogen/runtime/internal/seal"
)

// ScanOptions configures [Store.ScanKeys]. The zero value is ready to use.
type ScanOptions struct {
	// Definitions are those of types with models of the kibana format, whose documents
	// do not say which key opens them: ScanKeys tries the keys of the keyring. Native
	// documents need no definition.
	Definitions []*eso.Definition

	// Namespace limits the scan to objects that were created in this namespace; "" and
	// "default" are the same. Nil means all.
	Namespace *string

	// Batch is how many objects are read at once, and Workers how many are looked at
	// at a time. They are those of JobOptions.
	Batch, Workers int

	// Progress is called after each batch, from one goroutine, with how many objects
	// were scanned, and how many there were at the beginning.
	Progress func(scanned, total int64)
}

// KeyScan is what [Store.ScanKeys] has found.
type KeyScan struct {
	Objects int64 // all that were scanned
	Keyless int64 // those of them that need no key

	// Uses has the keys of the others, in the order of types and ids. KeyID is "" for
	// objects of which the scan cannot tell: a seal that cannot be parsed, a row that
	// cannot be read, secrets of the kibana format that no key of the keyring opens, or
	// that are of a type without a definition. An object under two keys counts for both.
	Uses []KeyUse
}

// Objects returns how many objects of all types are under a key.
func (k *KeyScan) Under(id string) (n int64) {
	for _, u := range k.Uses {
		if u.KeyID == id {
			n += u.Objects
		}
	}
	return n
}

// ScanKeys reads every document of the database, of all types and namespaces, declared
// or not, and returns the keys that their seals name. Unlike [Store.KeyUsage], it does
// not go by the notes that the store made when it wrote the objects: giving up a key
// rests on it.
//
// It sees what others write at the same time, or not. So it proves that nothing is
// under a key only if nobody seals under it any more: [Store.ProcessesSealing] says who
// does. The seals are not verified: anyone with write access to the database can make
// ScanKeys find a key where it is not used, and hide an object by destroying it.
//
// ScanKeys reads page by page, and needs memory for a page. The error comes from the
// database, the context or the keyring.
func (s *Store) ScanKeys(ctx context.Context, o ScanOptions) (KeyScan, error) {
	if o.Batch <= 0 {
		o.Batch = defaultBatch
	}
	o.Batch = min(o.Batch, maxPage)
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	scan := &keyScan{store: s, options: o, counts: map[KeyUse]int64{}}
	err := s.check(ctx)
	if err == nil {
		err = scan.run(ctx)
	}
	for use, n := range scan.counts {
		use.Objects = n
		scan.Uses = append(scan.Uses, use)
	}
	slices.SortFunc(scan.Uses, func(a, b KeyUse) int { return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.KeyID, b.KeyID)) })
	return scan.KeyScan, withDefaultOp(err, OpKeys, eso.Ref{})
}

// keyScan is a scan on its way.
type keyScan struct {
	KeyScan
	store   *Store
	options ScanOptions
	counts  map[KeyUse]int64
	keys    []eso.Key // of the keyring
	total   int64
}

func (k *keyScan) run(ctx context.Context) (err error) {
	if k.keys, err = k.store.keys.Keys(ctx); err != nil {
		return err
	}
	var unnamed int64 // rows with a type that no product has
	for query, n := range map[string]*int64{
		"SELECT count(*) FROM {schema}eso_objects":                  &k.total,
		"SELECT count(*) FROM {schema}eso_objects WHERE {typeless}": &unnamed,
	} {
		err := k.store.retryRead(ctx, func() error {
			return k.store.fromDatabase(ctx, k.store.db.QueryRowContext(ctx, k.store.statement(query)).Scan(n))
		})
		if err != nil {
			return err
		}
	}
	if unnamed > 0 {
		k.found("", "", unnamed)
	}
	for name, from := "", ">="; ; from = ">" {
		next, err := k.nextType(ctx, from, name)
		if err != nil || next == nil {
			return err
		}
		if from == ">" && *next <= name {
			return fmt.Errorf("%w: the database does not keep types in order", eso.ErrMalformed)
		}
		name = *next
		if err := k.scanType(ctx, name); err != nil {
			return err
		}
	}
}

// nextType returns the next type in the order of names, or nil.
func (k *keyScan) nextType(ctx context.Context, from, name string) (next *string, err error) {
	err = k.store.retryRead(ctx, func() error {
		next = nil
		query := "SELECT MIN(type) FROM {schema}eso_objects WHERE type " + from + " ? AND NOT ({typeless})"
		return k.store.each(ctx, query, []any{name}, func(rows *sql.Rows) error {
			var found text
			if err := rows.Scan(&found); err != nil || found.none {
				return err
			}
			next = &found.text
			return nil
		})
	})
	return next, err
}

// found counts objects under a key.
func (k *keyScan) found(name, id string, n int64) {
	k.Objects += n
	k.under(name, id, n)
}

func (k *keyScan) under(name, id string, n int64) {
	use := KeyUse{Type: clip(name), KeyID: id}
	if _, known := k.counts[use]; !known && len(k.counts) >= maxUses {
		use.KeyID = ""
	}
	k.counts[use] += n
}

// scanType scans the objects of a type.
func (k *keyScan) scanType(ctx context.Context, name string) error {
	t := typed{k.store, &eso.Definition{Type: name}}
	declared := false
	for _, d := range k.options.Definitions {
		if d.Type == name && len(d.Models) > 0 {
			t.def, declared = d, true
		}
	}
	if k.options.Namespace == nil {
		var unsound int64
		err := k.store.retryRead(ctx, func() error {
			query := k.store.statement("SELECT count(*) FROM {schema}eso_objects WHERE type = ? AND {unsound}")
			return k.store.fromDatabase(ctx, k.store.db.QueryRowContext(ctx, query, name).Scan(&unsound))
		})
		if err != nil {
			return err
		}
		if unsound > 0 {
			k.found(name, "", unsound)
		}
	}
	var after Cursor
	for more := true; more; {
		var rows []row
		var err error
		page := search{typed: t, columns: "{columns}", after: after, limit: k.options.Batch}
		if rows, more, err = page.rows(ctx); err != nil {
			return err
		}
		if len(rows) > 0 {
			next := rows[len(rows)-1].cursor()
			if !after.before(next) {
				return fmt.Errorf("%w: the database does not keep rows in order", eso.ErrMalformed)
			}
			after = next
		}
		if err := k.scanPage(ctx, t.def, declared, rows); err != nil {
			return err
		}
		if k.options.Progress != nil {
			k.options.Progress(k.Objects, k.total)
		}
	}
	return ctx.Err()
}

// scanPage looks at the documents of a page, several at a time.
func (k *keyScan) scanPage(ctx context.Context, d *eso.Definition, declared bool, rows []row) error {
	ids := make([][]string, len(rows))
	errs := make([]error, len(rows))
	places := make(chan int)
	var workers sync.WaitGroup
	for range min(k.options.Workers, len(rows)) {
		workers.Go(func() {
			for i := range places {
				ids[i], errs[i] = k.keysOf(ctx, d, declared, &rows[i])
			}
		})
	}
	for i := range rows {
		places <- i
	}
	close(places)
	workers.Wait()
	for i := range rows {
		switch {
		case errs[i] != nil:
			return errs[i]
		case errors.Is(rows[i].unread, ErrNotFound), !k.wants(&rows[i]):
			continue
		}
		k.Objects++
		if len(ids[i]) == 0 {
			k.Keyless++
		}
		for _, id := range ids[i] {
			k.under(d.Type, id, 1)
		}
	}
	return nil
}

// wants reports whether the scan counts a row.
func (k *keyScan) wants(r *row) bool {
	return k.options.Namespace == nil || cmp.Or(r.scope, r.namespace) == normal(*k.options.Namespace)
}

// keysOf returns the ids of the keys that a document needs, with "" for one that cannot
// be told.
func (k *keyScan) keysOf(ctx context.Context, d *eso.Definition, declared bool, r *row) ([]string, error) {
	cannotTell := []string{""}
	if !k.wants(r) || errors.Is(r.unread, ErrNotFound) {
		return nil, nil
	}
	if r.unread != nil || len(r.attributes) > eso.MaxSize {
		return cannotTell, nil
	}
	sealed, secrets, err := sealIn(string(r.attributes))
	switch {
	case err != nil:
		return cannotTell, nil
	case sealed != "":
		n, err := seal.ParseNative(sealed)
		if err != nil {
			return cannotTell, nil
		}
		return []string{n.KeyID}, nil
	case len(secrets) == 0:
		return nil, nil
	case !declared:
		return cannotTell, nil
	}
	model := modelOf(d, r.model)
	encrypts := func(m *eso.Model) bool {
		return m.Format == eso.Kibana && slices.ContainsFunc(secrets, func(name string) bool { return slices.Contains(m.Encrypted, name) })
	}
	odd := func(name string) bool { return model.Format != eso.Kibana || !slices.Contains(model.Encrypted, name) }
	switch {
	case r.model > len(d.Models) && slices.ContainsFunc(secrets, odd):
		return cannotTell, nil // secrets of a newer release, perhaps
	case encrypts(model):
	case slices.ContainsFunc(d.Models, func(m eso.Model) bool { return encrypts(&m) }):
		return cannotTell, nil // its model is not the one that it was sealed at, perhaps
	default:
		return nil, nil
	}
	return k.tried(ctx, d, r.document(d))
}

// sealedBy returns the key that the native seal of a document names. It returns none if
// the document has no seal, or one that cannot be parsed.
func sealedBy(doc eso.Document) []string {
	if len(doc.Attributes) > eso.MaxSize {
		return nil
	}
	sealed, _, err := sealIn(string(doc.Attributes))
	if err != nil || sealed == "" {
		return nil
	}
	n, err := seal.ParseNative(sealed)
	if err != nil {
		return nil
	}
	return []string{n.KeyID}
}

// sealIn returns the native seal of a document, or "", and the names of the attributes
// that have the form of a ciphertext of the kibana format.
func sealIn(attributes string) (sealed string, ciphertexts []string, err error) {
	err = jsontext.Object(attributes, func(_, name, raw string) {
		if name != seal.Attribute && (len(raw) < kibanaSize || raw[0] != '"') {
			return
		}
		text, broken := jsontext.DecodeString(raw)
		switch {
		case broken != nil && name == seal.Attribute:
			sealed = "invalid"
		case broken != nil:
		case name == seal.Attribute:
			sealed = cmp.Or(text, "empty")
		case len(text) >= kibanaSize:
			if _, err := base64.StdEncoding.DecodeString(text); err == nil {
				ciphertexts = append(ciphertexts, name)
			}
		}
	})
	return sealed, ciphertexts, err
}

// kibanaSize is how long a ciphertext of the kibana format is at least: base64 of salt,
// iv, tag, and the shortest JSON value.
var kibanaSize = base64.StdEncoding.EncodedLen(64 + 12 + 16 + 1)

// tried returns the keys that open a document of the kibana format, found by trying:
// one that opens all of it alone, else those without which it does not open.
func (k *keyScan) tried(ctx context.Context, d *eso.Definition, doc eso.Document) ([]string, error) {
	opens := func(keys []eso.Key) (bool, error) {
		_, err := d.OpenJSON(ctx, someKeys{k.store.keys, keys}, doc)
		switch {
		case err == nil:
			return true, nil
		case ctx.Err() != nil:
			return false, ctx.Err()
		}
		for _, known := range []error{eso.ErrNoKey, eso.ErrTampered, eso.ErrMalformed, eso.ErrTooLarge, eso.ErrModel, eso.ErrID, eso.ErrType} {
			if errors.Is(err, known) {
				return false, nil
			}
		}
		return false, err // of the keyring
	}
	for i := range k.keys {
		if ok, err := opens(k.keys[i : i+1]); err != nil || ok {
			return []string{k.keys[i].ID()}, err
		}
	}
	if ok, err := opens(k.keys); err != nil || !ok {
		return []string{""}, err
	}
	var ids []string
	for i := range k.keys {
		ok, err := opens(slices.Delete(slices.Clone(k.keys), i, i+1))
		if err != nil {
			return nil, err
		}
		if !ok {
			ids = append(ids, k.keys[i].ID())
		}
	}
	return ids, nil
}

// someKeys is a keyring with some of its keys.
type someKeys struct {
	eso.Keyring
	keys []eso.Key
}

// Keys returns those.
func (k someKeys) Keys(context.Context) ([]eso.Key, error) { return k.keys, nil }
