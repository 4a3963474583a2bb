package store_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

func TestScanKeys(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		native, kibana := vault(eso.Native, 1, 1), vault(eso.Kibana, 1, 1)
		kibana.Type = "kibana"
		ring := keyring(t, firstKey)
		ids := identifiersOf(t, keyring(t, secondKey, firstKey))
		s := db.over(t, ring)
		fill(t, s, native, 5)
		fill(t, s, kibana, 4)
		both := db.over(t, keyring(t, secondKey, firstKey))
		c := store.Of(both, things(native))
		require.NoError(t, c.Update(ctx, eso.Ref{ID: "0001"}, func(o *thing) error { o.Set("password", `"new"`); return nil }))
		_, err := db.ExecContext(ctx, `UPDATE eso_objects SET key_ids = '["forged"]'`)
		require.NoError(t, err)
		db.damage(t, "0004", `[]`)

		scan, err := both.ScanKeys(ctx, store.ScanOptions{Definitions: []*eso.Definition{kibana}, Batch: 2})
		require.NoError(t, err)
		assert.Equal(t, store.KeyScan{Objects: 9, Uses: []store.KeyUse{{"kibana", ids[1], 4}, {"vault", "", 1}, {"vault", ids[0], 1}, {"vault", ids[1], 3}}}, scan)
		scan, err = both.ScanKeys(ctx, store.ScanOptions{})
		require.NoError(t, err)
		assert.Equal(t, int64(4), scan.Uses[0].Objects)
		assert.Empty(t, scan.Uses[0].KeyID, "without a definition, nobody knows")
	})
}

// TestScanOfHostileRows: a row that no release wrote counts as one of which the scan
// cannot tell, or as one without a key, and stops nothing.
func TestScanOfHostileRows(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		s := db.over(t, ringOf(t, "a"))
		d := vault(eso.Native, 1, 1)
		fill(t, s, d, 3)
		doc, _, err := store.Of(s, things(d)).Raw(ctx, eso.Ref{ID: "0000"})
		require.NoError(t, err)
		var attributes map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(doc.Attributes, &attributes))
		sealed := string(attributes["$sealed"])
		ciphertext := strings.Repeat("QUFB", 40)
		rows := []struct{ of, scope, id, attributes, key string }{
			{"unknown", "", "1", `{"$sealed":` + sealed + `}`, "a"},
			{"unknown", "", "2", `{"other":` + sealed + `}`, ""},
			{"unknown", "", "3", `{"$sealed":"QUFB"}`, ""},
			{"unknown", "", "4", `{"$sealed":7}`, ""},
			{"unknown", "", "5", `{"$sealed":""}`, ""},
			{"unknown", "", "6", `{"x":"` + ciphertext + `"}`, ""},
			{"unknown", "", "7", `{"x":"` + ciphertext[:100] + `","y":["` + ciphertext + `"]}`, "-"},
			{"unknown", "", "8", `[]`, ""},
			{"unknown", strings.Repeat("s", 600), "9", `{}`, ""}, // a key that the store does not write
			{"", "", "no type", `{"$sealed":` + sealed + `}`, "a"},
			{strings.Repeat("t", 600), "", "a long type", `{}`, ""},
		}
		want := map[string]int64{"a": 3}
		keyless := int64(0)
		for _, r := range rows {
			statement := "INSERT INTO eso_objects (type, scope, id, namespace, model, revision, key_ids, attributes, created_at, updated_at) VALUES (?, ?, ?, '', 1, 1, '[]', ?, '2027-01-01', '2027-01-01')"
			if db.Dialect == store.PostgreSQL {
				statement = "INSERT INTO eso_objects (type, scope, id, namespace, model, revision, key_ids, attributes, created_at, updated_at) VALUES ($1, $2, $3, '', 1, 1, '[]', CAST(CAST($4 AS text) AS jsonb), '2027-01-01', '2027-01-01')"
			}
			_, err := db.ExecContext(ctx, statement, r.of, r.scope, r.id, r.attributes)
			require.NoError(t, err)
			if r.key == "-" {
				keyless++
			} else {
				want[r.key]++
			}
		}
		for _, batch := range []int{1, 2, 100} {
			var last int64
			scan, err := s.ScanKeys(ctx, store.ScanOptions{Batch: batch, Progress: func(scanned, total int64) {
				assert.EqualValues(t, 3+len(rows), total)
				assert.LessOrEqual(t, scanned, total)
				last = scanned
			}})
			require.NoError(t, err)
			assert.EqualValues(t, 3+len(rows), scan.Objects)
			assert.Equal(t, scan.Objects, last)
			assert.Equal(t, keyless, scan.Keyless)
			for id, n := range want {
				assert.Equal(t, n, scan.Under(id), "%q", id)
			}
			for _, u := range scan.Uses {
				assert.LessOrEqual(t, len(u.Type), 200)
			}
		}
	})
}

// TestScanOfSeveralKeys: a document of the kibana format may be under several keys.
func TestScanOfSeveralKeys(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Kibana, 2, 2)
		ids := identifiersOf(t, keyring(t, secondKey, firstKey))
		s := db.over(t, keyring(t, firstKey))
		object := newThing(map[string]string{"owner": `"ann"`, "label": `"x"`, "level": "1", "note": `"n0te"`, "password": `"s3cret"`})
		ref, err := store.Of(s, things(d)).Create(ctx, eso.Ref{ID: "1"}, object)
		require.NoError(t, err)
		other, err := things(d).Seal(ctx, keyring(t, secondKey), ref, object)
		require.NoError(t, err)
		doc, _, err := store.Of(s, things(d)).Raw(ctx, ref)
		require.NoError(t, err)
		var mine, theirs map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(doc.Attributes, &mine))
		require.NoError(t, json.Unmarshal(other.Attributes, &theirs))
		mine["note"] = theirs["note"]
		mixed, err := json.Marshal(mine)
		require.NoError(t, err)
		db.damage(t, "1", string(mixed))
		o := store.ScanOptions{Definitions: []*eso.Definition{d}}
		scan, err := db.over(t, keyring(t, secondKey, firstKey)).ScanKeys(ctx, o)
		require.NoError(t, err)
		assert.Equal(t, store.KeyScan{Objects: 1, Uses: []store.KeyUse{{"vault", ids[0], 1}, {"vault", ids[1], 1}}}, scan)
		scan, err = s.ScanKeys(ctx, o)
		require.NoError(t, err)
		assert.Equal(t, store.KeyScan{Objects: 1, Uses: []store.KeyUse{{"vault", "", 1}}}, scan)
	})
}
