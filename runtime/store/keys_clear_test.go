package store_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// TestNoKeyInTheDatabase searches the database, its log, and all that was observed,
// logged and returned for the bytes of keys.
func TestNoKeyInTheDatabase(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		var secrets [][]byte
		var keys []eso.Key
		for _, id := range []string{"one", "two"} {
			secret := make([]byte, 32)
			rand.Read(secret)
			key, err := eso.NewKey(id, secret)
			require.NoError(t, err)
			secrets, keys = append(secrets, secret), append(keys, key)
		}
		const passphrase = "p4ssphrase with quite enough characters"
		written, err := eso.NewPassphraseKey("three", passphrase)
		require.NoError(t, err)
		secrets, keys = append(secrets, []byte(passphrase)), append(keys, written)

		var said bytes.Buffer
		var events []store.Event
		o := store.Options{Observe: collect(&events), Logger: slog.New(slog.NewJSONHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))}
		ring, err := eso.NewKeyringOf(keys[0], keys[1:]...)
		require.NoError(t, err)
		s := db.open(t, ring, o)
		_, err = s.CheckKeys(ctx)
		require.NoError(t, err)
		d := vault(eso.Native, 1, 1)
		fill(t, s, d, 2)
		for i := range keys { // each seals for a while
			ring, err := eso.NewKeyringOf(keys[i], append(keys[:i:i], keys[i+1:]...)...)
			require.NoError(t, err)
			turn := db.open(t, ring, o)
			_, err = turn.CheckKeys(ctx)
			require.NoError(t, err)
			_, err = turn.Rotate(ctx, []*eso.Definition{d}, store.JobOptions{})
			require.NoError(t, err)
			_, err = turn.ScanKeys(ctx, store.ScanOptions{})
			require.NoError(t, err)
		}
		require.NoError(t, s.MarkKeys(ctx, store.KeyShredded, "one"))
		assert.Equal(t, []string{"one"}, events[len(events)-1].KeyIDs)
		report, err := s.CheckKeys(ctx)
		require.ErrorIs(t, err, store.ErrKeys)
		said.WriteString(err.Error())
		for _, e := range events {
			slog.New(slog.NewTextHandler(&said, nil)).Info("event", "event", e)
		}
		slog.New(slog.NewTextHandler(&said, nil)).Info("report", "report", report)

		everything := db.everything(t) + said.String()
		for _, secret := range secrets {
			for _, text := range []string{string(secret), hex.EncodeToString(secret), base64.StdEncoding.EncodeToString(secret), base64.RawURLEncoding.EncodeToString(secret)} {
				assert.NotContains(t, everything, text)
			}
		}
	})
}
