package store_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// TestNothingLongIsSaid has rows with very long ids, namespaces, types, ids of keys and
// names: errors, logs, reports, counts and the table of failures show the beginning of
// each.
func TestNothingLongIsSaid(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 1)
		var log bytes.Buffer
		var events []store.Event
		s := db.open(t, keyring(t, firstKey), store.Options{
			Observe: collect(&events), Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		})
		c := store.Of(s, things(d))
		fill(t, s, d, 8)
		long := strings.Repeat("q7", 1<<16) // compressed, an index of PostgreSQL takes it
		for id, statement := range map[string]string{
			"0000": "id = '" + long + "'",
			"0001": "scope = '" + long + "', namespace = '" + long + "'",
			"0002": "namespace = '" + long + "'",
			"0003": "type = '" + long + "'",
			"0004": `key_ids = '["` + long + `"]'`,
			"0005": "key_ids = '" + long + "'",
		} {
			_, err := db.ExecContext(ctx, "UPDATE eso_objects SET "+statement+" WHERE id = '"+id+"'")
			require.NoError(t, err, id)
		}
		db.damage(t, "0006", `{"`+strings.Repeat("q7", 1<<19)+`":`+strings.Repeat("[", 120)+strings.Repeat("]", 120)+`}`)
		db.damage(t, "0007", `{"owner":{"`+strings.Repeat("q7", 1<<19)+`":1},"$sealed":"`+long+`"}`)

		said := map[string]string{}
		say := func(what string, values ...any) { said[what] += fmt.Sprintf("%+v\n", values) }
		events = nil
		for i := range 8 {
			for _, read := range []func(context.Context, eso.Ref) (*store.Object[thing], error){c.Get, c.Open} {
				_, err := read(ctx, eso.Ref{ID: fmt.Sprintf("%04d", i)})
				say("errors", err)
			}
		}
		for o, err := range c.Find(ctx, store.Query{}) {
			if err != nil {
				say("errors of a page", o.Ref, err)
			}
		}
		for _, doc := range []eso.Document{
			{Ref: eso.Ref{Type: d.Type, ID: long}, Model: 1, Attributes: []byte(`{"` + long + `":1e99999}`)},
			{Ref: eso.Ref{Type: long, ID: "x"}, Model: 1, Attributes: []byte(`{"` + long + `":1,"` + long + `":2}`)},
		} {
			say("errors", c.PutRaw(ctx, doc))
		}
		report, err := s.Rotate(ctx, []*eso.Definition{d}, store.JobOptions{})
		require.NoError(t, err)
		require.Positive(t, report.Failed)
		say("report", report.Failures)
		keys, err := s.KeyUsage(ctx)
		require.NoError(t, err)
		models, err := s.ModelUsage(ctx)
		require.NoError(t, err)
		say("counts", keys, models)
		for _, e := range events {
			if e.Err != nil {
				say("events", e.Op, e.Attribute, e.Reason, e.Err, e.KeyIDs)
			}
		}
		rows, err := db.QueryContext(ctx, "SELECT scope, id, namespace, attribute, reason FROM eso_job_failures")
		require.NoError(t, err)
		defer rows.Close()
		for rows.Next() {
			var columns [5]string
			require.NoError(t, rows.Scan(&columns[0], &columns[1], &columns[2], &columns[3], &columns[4]))
			say("table", columns)
		}
		require.NoError(t, rows.Err())
		said["log"] = log.String()
		for what, text := range said {
			most := 200
			if what == "table" {
				most = 256 // characters, if a statement copies them that reads no such row
			}
			for _, run := range regexp.MustCompile("(q7)+").FindAllString(text, -1) {
				assert.LessOrEqual(t, len(run), most, what)
			}
			assert.Less(t, len(text), 100_000, what)
		}
		assert.Contains(t, said["report"], "q7")
		assert.Contains(t, said["log"], "q7")
	})
}
