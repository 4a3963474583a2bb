package storetest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store/storetest"
)

// account renames an attribute, encrypts another and adds a bound one.
func account(format eso.Format, write, newest int) *eso.Definition {
	return &eso.Definition{Type: "account", RandomID: true, Write: write, Models: []eso.Model{
		{Format: format, Namespaces: eso.Single, Attributes: []eso.Attribute{{Name: "owner"}, {Name: "title"}, {Name: "note", Optional: true}, {Name: "password", Optional: true}},
			Encrypted: []string{"password"}, AAD: []string{"owner"}},
		{Format: format, Namespaces: eso.Single, Attributes: []eso.Attribute{{Name: "owner"}, {Name: "label"}, {Name: "note", Optional: true}, {Name: "tier", Optional: true}, {Name: "password", Optional: true}},
			Encrypted: []string{"password", "note"}, AAD: []string{"owner", "tier"}, Renamed: []eso.Rename{{New: "label", Old: "title"}},
			Backfill: []eso.Backfill{{Name: "tier", Value: `"gold"`}}},
	}[:newest]}
}

func TestUpgradeAndRollback(t *testing.T) {
	keys, err := eso.NewKeyring("a passphrase that a test begins with")
	require.NoError(t, err)
	for _, format := range []eso.Format{eso.Kibana, eso.Native} {
		t.Run(string(format), func(t *testing.T) {
			var documents []eso.Document
			for i, text := range []string{
				`{"owner":"ann","title":"Safe","note":"n0te","password":"s3cret"}`,
				`{"owner":"bob","title":"Box"}`,
			} {
				doc, err := account(format, 1, 1).Create(t.Context(), keys, eso.Ref{Namespace: []string{"", "team"}[i]}, []byte(text))
				require.NoError(t, err)
				documents = append(documents, doc)
			}
			storetest.UpgradeAndRollback(t, keys, account(format, 1, 2), account(format, 2, 2), documents...)
		})
	}
}

func TestReleasesOfTheLedger(t *testing.T) {
	typ := &definition.Type{Name: "account", RandomID: true, Write: 1, Oldest: 1, Models: []definition.Model{{
		Number: 1, Namespaces: definition.Single, Format: definition.Native,
		Declared:  []definition.Attribute{{Name: "owner", Value: definition.Value{Kind: definition.String}}},
		Encrypted: []string{}, AAD: []string{"owner"},
		StatesEncrypted: true, StatesAAD: true,
	}}}
	typ.Resolve()
	dir := t.TempDir()
	assert.Empty(t, storetest.Releases(t, dir, account(eso.Native, 2, 2)), "no ledger, no release")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "releases"), 0o755))
	for i, name := range []string{"v10", "v9"} {
		entry, err := baseline.Record(name, 10-i, []*definition.Type{typ})
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "releases", name+".json"), entry, 0o644))
	}
	releases := storetest.Releases(t, dir, account(eso.Native, 2, 2))
	require.Len(t, releases, 2)
	assert.Equal(t, "v9", releases[0].Name, "in the order of the ledger")
	assert.Equal(t, []string{"owner"}, releases[1].Definition.Models[0].AAD)
	assert.Equal(t, eso.Native, releases[1].Definition.Models[0].Format)
	assert.Empty(t, storetest.Releases(t, dir, &eso.Definition{Type: "other"}))
}
