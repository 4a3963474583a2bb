package esotest

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"testing"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// SQLite opens an empty database, which ends with the test. The package imports
// no driver: SQLite takes the one that the test binary has under the name
// "sqlite" or "sqlite3", and skips the test if there is none.
func SQLite(t testing.TB) *sql.DB {
	t.Helper()
	i := slices.IndexFunc(sql.Drivers(), func(name string) bool { return name == "sqlite" || name == "sqlite3" })
	if i < 0 {
		t.Skip(`no SQLite in this test binary: a file beside the test with import _ "modernc.org/sqlite" has this run over a database`)
	}
	path := (&url.URL{Path: filepath.ToSlash(filepath.Join(t.TempDir(), "objects.db"))}).EscapedPath()
	db, err := sql.Open(sql.Drivers()[i], "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1) // so that nothing waits for a lock, whatever the driver
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.ExecContext(t.Context(), "PRAGMA synchronous = OFF"); err != nil {
		t.Fatal(err)
	}
	return db
}

// UpgradeAndRollback plays an upgrade of one type with sealed documents, each at its
// own model, and both releases over one database. The newer release migrates and
// changes all documents. It is rolled back, and the older release reads and changes
// them and creates another. The newer one comes back, and rotates all of them to
// another key. It checks that what either sees of an attribute that both have
// never changes.
//
// The keyring must open the documents. Documents that the older release does not
// open are left out. Failures name no value.
func UpgradeAndRollback(t *testing.T, keys eso.Keyring, older, newer *eso.Definition, documents ...eso.Document) {
	t.Helper()
	u := &upgrade{T: t, db: SQLite(t), documents: documents}
	u.older, u.newer = u.deploy(older, keys), u.deploy(newer, keys)
	u.store()
	if len(u.refs) == 0 {
		t.Skip("the older release opens none of the documents")
	}
	u.migrate()
	if t.Failed() {
		return
	}
	u.look("migrated by the newer release")
	for _, r := range []*deployment{u.newer, u.older} {
		u.touch(r)
		u.look("changed by the release that writes model " + fmt.Sprint(r.def.Write))
	}
	u.create(u.older)
	u.migrate()
	u.look("migrated a second time")
	u.rotate(keys)
}

// upgrade is two releases on one database.
type upgrade struct {
	*testing.T
	db           *sql.DB
	older, newer *deployment
	documents    []eso.Document
	refs         []eso.Ref
}

// deployment is one release, and what it has seen of the objects.
type deployment struct {
	def   *eso.Definition
	store *store.Store
	*store.Collection[Object]
	seen []map[string]json.RawMessage // by object: the text of each attribute
}

func (u *upgrade) deploy(d *eso.Definition, keys eso.Keyring) *deployment {
	u.Helper()
	s, err := store.New(u.db, store.SQLite, keys, store.Options{Flags: []string{d.Flag}})
	if err != nil {
		u.Fatal(err)
	}
	if err := s.CreateSchema(u.Context()); err != nil {
		u.Fatal(err)
	}
	return &deployment{def: d, store: s, Collection: store.Of(s, NewObjects(d, nil))}
}

// named returns the ref that a release uses for an object: without a namespace if
// its objects have none.
func (r *deployment) named(ref eso.Ref) eso.Ref {
	if r.def.Models[r.def.Write-1].Namespaces == eso.Agnostic {
		ref.Namespace = ""
	}
	return ref
}

// store puts the documents into the database, each at its model, as an earlier
// release did.
func (u *upgrade) store() {
	u.Helper()
	for _, doc := range u.documents {
		if doc.Model < max(u.older.def.Oldest, u.newer.def.Oldest, 1) || doc.Model > u.older.def.Write {
			continue
		}
		then := *u.newer.def
		then.Write, then.Models = doc.Model, then.Models[:doc.Model]
		if err := store.Of(u.newer.store, NewObjects(&then, nil)).PutRaw(u.Context(), doc); err != nil {
			u.Fatalf("a document of model %d does not go into the store: %v", doc.Model, err)
		}
		u.refs = append(u.refs, doc.Ref)
		for _, r := range []*deployment{u.older, u.newer} {
			r.seen = append(r.seen, u.open(r, doc.Ref))
		}
	}
}

func (u *upgrade) open(r *deployment, ref eso.Ref) map[string]json.RawMessage {
	u.Helper()
	o, err := r.Open(u.Context(), r.named(ref))
	if err != nil {
		u.Fatalf("the release that writes model %d does not open an object: %v", r.def.Write, err)
	}
	return o.Value.Texts()
}

// look compares what both releases see with what they saw before.
func (u *upgrade) look(when string) {
	u.Helper()
	for _, r := range []*deployment{u.older, u.newer} {
		for i, ref := range u.refs {
			now := u.open(r, ref)
			for name, text := range r.seen[i] {
				if after, ok := now[name]; (!ok || !sameJSON(text, after)) && u.kept(r, name) {
					u.Errorf("%s, the release that writes model %d sees another value of %q", when, r.def.Write, name)
				}
			}
		}
	}
}

// kept reports whether an attribute that a release knows is there in the models
// of both, in the same form: what a model drops or converts may differ.
func (u *upgrade) kept(r *deployment, name string) bool {
	if r == u.newer {
		return true
	}
	for n := u.older.def.Write + 1; n <= u.newer.def.Write; n++ {
		m := &u.newer.def.Models[n-1]
		now, there := m.After(name)
		if !there || slices.ContainsFunc(m.Renamed, func(r eso.Rename) bool { return r.New == now && r.Up != nil }) {
			return false
		}
		name = now
	}
	return true
}

func (u *upgrade) migrate() {
	u.Helper()
	report, err := u.newer.store.Migrate(u.Context(), []*eso.Definition{u.newer.def}, store.JobOptions{})
	u.accounted("migration", report, err)
}

// rotate seals all objects under a new key, and opens them with that key alone.
func (u *upgrade) rotate(keys eso.Keyring) {
	u.Helper()
	list, err := keys.Keys(u.Context())
	if err != nil {
		u.Fatal(err)
	}
	next, err := eso.NewPassphraseKey("", "a passphrase that a test rotates to")
	if err != nil {
		u.Fatal(err)
	}
	both, err := eso.NewKeyringOf(next, list...)
	if err != nil {
		u.Fatal(err)
	}
	only, err := eso.NewKeyringOf(next)
	if err != nil {
		u.Fatal(err)
	}
	report, err := u.deploy(u.newer.def, both).store.Rotate(u.Context(), []*eso.Definition{u.newer.def}, store.JobOptions{})
	u.accounted("rotation", report, err)
	for _, r := range []*deployment{u.older, u.newer} {
		seen := r.seen
		*r = *u.deploy(r.def, only)
		r.seen = seen
	}
	u.look("under the new key alone")
}

func (u *upgrade) accounted(what string, report store.Report, err error) {
	u.Helper()
	if err != nil {
		u.Fatalf("the %s fails: %v", what, err)
	}
	for _, f := range report.Failures {
		u.Errorf("the %s leaves an object of model %d unchanged: %s %q", what, f.Model, f.Reason, f.Attribute)
	}
	if all := report.All(); all < int64(len(u.refs)) {
		u.Errorf("the %s met %d objects of %d", what, all, len(u.refs))
	}
}

// touch has a release write another text of the same value to one attribute of each
// object, so that the object is sealed again.
func (u *upgrade) touch(r *deployment) {
	u.Helper()
	for _, ref := range u.refs {
		err := r.Update(u.Context(), r.named(ref), func(o *Object) error {
			u.respell(r, o)
			return nil
		})
		if err != nil {
			u.Fatalf("the release that writes model %d does not change an object: %v", r.def.Write, err)
		}
	}
}

// respell gives one attribute that the release may write another text of the same
// value: a bound one if possible.
func (u *upgrade) respell(r *deployment, o *Object) {
	own := &r.def.Models[r.def.Write-1]
	names := slices.Clone(own.AAD)
	for _, a := range own.Attributes {
		names = append(names, a.Name)
	}
	for _, name := range names {
		if u.kept(r, name) && has(own, name) && o.Respell(name) {
			return
		}
	}
}

// create has a release create an object with the attributes of another.
func (u *upgrade) create(r *deployment) {
	u.Helper()
	ref := u.refs[len(u.refs)-1]
	given := &Object{}
	for name, text := range r.seen[len(u.refs)-1] {
		if has(&r.def.Models[r.def.Write-1], name) {
			given.Set(name, string(text))
		}
	}
	ref.ID = eso.NewID()
	created, err := r.Create(u.Context(), r.named(ref), given)
	if errors.Is(err, eso.ErrInvalid) || errors.Is(err, eso.ErrRequired) {
		return // the document has what this release would not write
	}
	if err != nil {
		u.Fatalf("rolled back, the older release does not create an object: %v", err)
	}
	u.refs = append(u.refs, created)
	for _, r := range []*deployment{u.older, u.newer} {
		r.seen = append(r.seen, u.open(r, created))
	}
}
