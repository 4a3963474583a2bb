package store_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// everything returns all that the database holds: the bytes of SQLite's files,
// or every column of every row of PostgreSQL.
func (db database) everything(t *testing.T) string {
	t.Helper()
	var all bytes.Buffer
	if db.Dialect == store.SQLite {
		u, err := url.Parse(db.dsn)
		require.NoError(t, err)
		path, err := url.PathUnescape(u.Opaque + u.Path)
		require.NoError(t, err)
		for _, suffix := range []string{"", "-wal"} {
			data, err := os.ReadFile(path + suffix)
			require.NoError(t, err)
			all.Write(data)
		}
		return all.String()
	}
	for _, table := range []string{"eso_objects", "eso_jobs", "eso_job_failures", "eso_schema", "eso_job_counts", "eso_keys", "eso_processes", "eso_imports"} {
		rows, err := db.QueryContext(t.Context(), "SELECT CAST(x AS text) FROM "+table+" x")
		require.NoError(t, err)
		for rows.Next() {
			var text string
			require.NoError(t, rows.Scan(&text))
			all.WriteString(text)
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
	}
	return all.String()
}

// TestNoSecretInTheClear stores secrets by every call, successfully and not, and
// searches the database, and everything that was logged, observed and returned, for
// them.
func TestNoSecretInTheClear(t *testing.T) {
	for _, format := range []eso.Format{eso.Kibana, eso.Native} {
		t.Run(string(format), func(t *testing.T) {
			overDatabases(t, func(t *testing.T, db database) { noSecretInTheClear(t, db, format) })
		})
	}
}

func noSecretInTheClear(t *testing.T, db database, format eso.Format) {
	ctx := t.Context()
	const secret = "s3cretV4lue"
	var said bytes.Buffer
	var events []store.Event
	options := store.Options{Observe: collect(&events), Attempts: 2,
		Logger: slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	d1, d2, d3 := vault(format, 1, 2), vault(format, 2, 3), vault(format, 3, 3)
	old, both := keyring(t, firstKey), keyring(t, secondKey, firstKey)
	s := db.open(t, old, options)
	first, second, third := store.Of(s, things(d1)), store.Of(s, things(d2)), store.Of(s, things(d3))
	attributes := func(d *eso.Definition) map[string]string {
		all := map[string]string{"owner": `"visible"`, "password": `"` + secret + `"`}
		for _, a := range d.Models[d.Write-1].Attributes {
			switch a.Name {
			case "title", "label":
				all[a.Name] = `"visible"`
			case "level", "grade":
				all[a.Name] = "10"
			case "pin":
				all[a.Name] = `{"of":["` + secret + `"]}`
			case "note":
				if d.Write > 1 { // model 1 does not encrypt it
					all[a.Name] = `"` + secret + `"`
				}
			}
		}
		return all
	}
	found := func(after string) {
		t.Helper()
		for _, e := range events {
			fmt.Fprintf(&said, "%+v %v\n", e, e.Err)
		}
		events = nil
		held := db.everything(t)
		require.Contains(t, held, "visible", "the search finds what stands in the clear, after %s", after)
		for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret))[:12], fmt.Sprintf("%x", secret)} {
			assert.NotContains(t, held, form, "in the database, after %s", after)
			assert.NotContains(t, said.String(), form, "in logs, events and errors, after %s", after)
		}
	}
	fails := func(what string, err error) {
		t.Helper()
		assert.Error(t, err, what)
		fmt.Fprintln(&said, err)
		found(what + " that fails")
	}
	works := func(what string, err error) {
		t.Helper()
		require.NoError(t, err, what)
		found(what)
	}
	change := func(d *eso.Definition, name string) func(*thing) error {
		return func(o *thing) error { o.Set(name, `["`+secret+`"]`); return nil }
	}

	ref, err := first.Create(ctx, eso.Ref{ID: "1"}, newThing(attributes(d1)))
	works("create", err)
	_, err = first.Create(ctx, ref, newThing(attributes(d1)))
	fails("create", err)
	_, err = second.Create(ctx, eso.Ref{ID: "x"}, newThing(map[string]string{"owner": `"x"`, "password": `"` + secret + `"`}))
	fails("create without what is required", err)
	_, err = third.CreateAll(ctx, []store.NewObject[thing]{{Ref: eso.Ref{ID: "2"}, Object: newThing(attributes(d3))}, {Ref: eso.Ref{ID: "3"}, Object: newThing(attributes(d3))}})
	works("bulk create", err)
	_, err = third.CreateAll(ctx, []store.NewObject[thing]{{Ref: eso.Ref{ID: "4"}, Object: newThing(attributes(d3))}, {Ref: eso.Ref{ID: "3"}, Object: newThing(attributes(d3))}})
	fails("bulk create", err)

	works("update", first.Update(ctx, ref, change(d1, "password")))
	works("update beside a newer release", second.Update(ctx, eso.Ref{ID: "2"}, change(d2, "note")))
	fails("update", first.Update(ctx, ref, func(o *thing) error {
		o.Set("password", `"`+secret+`2"`)
		return fmt.Errorf("no")
	}))
	races := 0
	fails("update that loses its race", first.Update(ctx, ref, func(o *thing) error {
		o.Set("password", `"`+secret+`3"`)
		races++
		return second.Patch(ctx, ref, patch{"level": fmt.Sprint(races)})
	}))
	fails("update of what does not exist", first.Update(ctx, eso.Ref{ID: "none"}, change(d1, "password")))

	for _, name := range []string{"pin", "$sealed", "tier", "nothing"} {
		fails("patch of "+name, first.Patch(ctx, ref, patch{name: `"` + secret + `"`}))
	}
	works("patch of what is bound, which becomes an update", first.Patch(ctx, ref, patch{"owner": `"visible"`}))
	works("patch of an older model, which becomes an update", third.Patch(ctx, ref, patch{"label": `"visible too"`}))
	works("patch", third.Patch(ctx, ref, patch{"label": `"visible again"`}))
	for _, name := range []string{"password", "note", "pin"} {
		err := third.Patch(ctx, ref, patch{name: `"` + secret + `"`})
		if err != nil {
			fmt.Fprintln(&said, err)
		}
		found("patch of the secret " + name)
	}

	put := func(id string, d *eso.Definition) eso.Document {
		text := []byte(`{`)
		for name, value := range attributes(d) {
			text = fmt.Appendf(text, "%q:%s,", name, value)
		}
		doc, err := d.SealJSON(ctx, old, eso.Ref{ID: id}, append(text[:len(text)-1], '}'))
		require.NoError(t, err)
		return doc
	}
	works("put of a sealed document", third.PutRaw(ctx, put("5", d3)))
	works("put of one of an older model", third.PutRaw(ctx, put("6", d1)))
	plain := put("7", d3)
	plain.Attributes = []byte(strings.Replace(string(plain.Attributes), "{", `{"pin":"`+secret+`",`, 1))
	fails("put of one with a secret in the clear", third.PutRaw(ctx, plain))
	plain.Attributes = []byte(`{"owner":"visible","label":"x","grade":10,"password":"` + secret + `"}`)
	fails("put of one that is not sealed", third.PutRaw(ctx, plain))
	_, revision, err := third.Raw(ctx, eso.Ref{ID: "5"})
	require.NoError(t, err)
	replacement := put("5", d3)
	plain.Ref.ID = "5"
	fails("replacement by one that is not sealed", third.ReplaceRaw(ctx, plain, revision))
	works("replacement", third.ReplaceRaw(ctx, replacement, revision))
	fails("replacement of another revision", third.ReplaceRaw(ctx, replacement, revision))

	_, err = first.Create(ctx, eso.Ref{ID: "8"}, newThing(attributes(d1)))
	require.NoError(t, err)
	_, err = first.Create(ctx, eso.Ref{ID: "9"}, newThing(attributes(d1)))
	require.NoError(t, err)
	db.damage(t, "9", `{"owner":"visible","title":"x","level":1,"password":"AAAA"}`)
	report, err := s.Migrate(ctx, []*eso.Definition{d3}, store.JobOptions{})
	works("migration", err)
	assert.EqualValues(t, 1, report.Failed)
	assert.NotContains(t, fmt.Sprintf("%+v", report), secret)
	report, err = db.open(t, both, options).Rotate(ctx, []*eso.Definition{d3}, store.JobOptions{})
	works("rotation", err)
	assert.EqualValues(t, 1, report.Failed)

	for _, id := range []string{"1", "2", "3", "5", "6", "8"} {
		o, err := store.Of(db.open(t, keyring(t, secondKey), options), things(d3)).Open(ctx, eso.Ref{ID: id})
		require.NoError(t, err, id)
		assert.Contains(t, o.Value.Text("password"), secret)
		assert.NotContains(t, fmt.Sprintf("%+v %#v", o, o.Value), secret)
	}
	found("everything")
}
