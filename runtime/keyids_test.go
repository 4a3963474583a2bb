package eso

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every operation that returns a document says which keys seal its secrets: those
// of its own seal, or those that it was told if it left the secrets sealed.
func TestDocumentsSayTheirKeys(t *testing.T) {
	text := map[Format]string{Native: accountText, Kibana: tokenText}
	for format, at := range map[Format]func(write int) *Definition{
		Native: func(write int) *Definition { return account(write, 2) },
		Kibana: tokenDefinition,
	} {
		plain := map[Format]string{Native: "note", Kibana: "unheardOf"}[format]
		ctx, d, newer := t.Context(), at(1), at(2)
		older, both := testKeys(t, olderKey), testKeys(t, primaryKey, olderKey)
		list, err := both.Keys(ctx)
		require.NoError(t, err)
		oldID, newID := []string{list[1].ID()}, []string{list[0].ID()}
		says := func(op string, want []string, doc Document, err error) Document {
			t.Helper()
			require.NoError(t, err, "%s, %s", format, op)
			assert.Equal(t, want, doc.KeyIDs, "%s, %s", format, op)
			return doc
		}

		doc, err := d.SealJSON(ctx, older, Ref{}, []byte(text[format]))
		says("create", oldID, doc, err)
		stored := doc
		stored.KeyIDs = nil
		told := doc
		told.KeyIDs = []string{"told"}

		if format == Native {
			o, err := d.patch(ctx, nil, stored, patching(plain, `1`))
			says("patch", nil, o, err)
			o, err = d.patch(ctx, nil, told, patching(plain, `1`))
			says("patch of a document whose keys are known", []string{"told"}, o, err)
		}
		o, err := d.update(ctx, both, told, setting())
		says("update that changes nothing", oldID, o, err)
		o, err = d.Migrate(ctx, both, stored)
		says("migrate of what is at its model", nil, o, err)
		o, err = newer.Migrate(ctx, both, told)
		says("migrate", newID, o, err)
		o, dropped, err := newer.MigrateDropping(ctx, testKeys(t), told)
		says("migrate that drops", map[Format][]string{Native: newID, Kibana: {}}[format], o, err)
		assert.NotEmpty(t, dropped)
		o, err = d.Rotate(ctx, older, stored)
		says("rotate of what is current", oldID, o, err)
		o, err = d.Rotate(ctx, both, told)
		says("rotate", newID, o, err)
		assert.Equal(t, []string{"told"}, told.KeyIDs, "the caller's document stays as it was")
	}
}
