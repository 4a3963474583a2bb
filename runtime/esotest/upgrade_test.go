package esotest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
	"github.com/esogen/esogen/internal/runtimedef"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esotest"
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
	for _, kind := range []eso.Namespaces{eso.Single, eso.MultipleIsolated, eso.Multiple, eso.Agnostic} {
		upgradeAndRollback(t, keys, kind)
	}
}

// upgradeAndRollback plays an upgrade to a model of a kind of namespaces.
func upgradeAndRollback(t *testing.T, keys eso.Keyring, kind eso.Namespaces) {
	for _, format := range []eso.Format{eso.Kibana, eso.Native} {
		t.Run(string(format)+"/"+string(kind), func(t *testing.T) {
			widened := func(write int) *eso.Definition {
				d := account(format, write, 2)
				d.Models[1].Namespaces = kind
				return d
			}
			var documents []eso.Document
			for i, text := range []string{
				`{"owner":"ann","title":"Safe","note":"n0te","password":"s3cret"}`,
				`{"owner":"bob","title":"Box"}`,
			} {
				doc, err := account(format, 1, 1).SealJSON(t.Context(), keys, eso.Ref{Namespace: []string{"", "team"}[i]}, []byte(text))
				require.NoError(t, err)
				documents = append(documents, doc)
			}
			esotest.UpgradeAndRollback(t, keys, widened(1), widened(2), documents...)
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
	assert.Empty(t, esotest.Releases(t, dir, account(eso.Native, 2, 2)), "no ledger, no release")
	record(t, dir, baseline.Recording{Name: "v9", Number: 9, Types: []*definition.Type{typ}})
	record(t, dir, baseline.Recording{Name: "v10", Number: 10, Types: []*definition.Type{typ}}) // nothing changed
	record(t, dir, baseline.Recording{Name: "v11", Number: 11})
	releases := esotest.Releases(t, dir, account(eso.Native, 2, 2))
	require.Len(t, releases, 2)
	assert.Equal(t, "v9", releases[0].Name, "in the order of the ledger")
	assert.Equal(t, []string{"owner"}, releases[1].Definition.Models[0].AAD)
	assert.Equal(t, eso.Native, releases[1].Definition.Models[0].Format)
	assert.Empty(t, esotest.Releases(t, dir, &eso.Definition{Type: "other"}))
}

func record(t *testing.T, dir string, r baseline.Recording) {
	t.Helper()
	ledger, err := baseline.Ledger(t.Context(), baseline.Options{Root: dir, Golden: "."})
	require.NoError(t, err)
	files, _, err := baseline.Record(ledger, r)
	require.NoError(t, err)
	for name, data := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, data, 0o644))
	}
}

// TestLedgerIsReadAsItIsWritten compares the definitions of this repository, as
// the ledger gives them, with what internal/golden reads.
func TestLedgerIsReadAsItIsWritten(t *testing.T) {
	var files []string
	for _, pattern := range []string{"golden/definitions/*.json", "examples/product/*/golden/definitions/*.json", "bench/*/golden/definitions/*.json"} {
		found, err := filepath.Glob("../../" + pattern)
		require.NoError(t, err)
		files = append(files, found...)
	}
	require.Greater(t, len(files), 10)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		typ, err := golden.Read(data)
		require.NoError(t, err)
		dir := t.TempDir()
		record(t, dir, baseline.Recording{Name: "v1", Types: []*definition.Type{typ}})
		want := runtimedef.Of(typ)
		releases := esotest.Releases(t, dir, want)
		require.Len(t, releases, 1)
		found := releases[0].Definition
		for i := range want.Models { // functions are equal to nothing
			assert.Len(t, found.Models[i].Computed, len(want.Models[i].Computed))
			want.Models[i].Computed, found.Models[i].Computed = nil, nil
			for j := range want.Models[i].Renamed {
				for _, r := range []*eso.Rename{&want.Models[i].Renamed[j], &found.Models[i].Renamed[j]} {
					r.Up, r.Down = nil, nil
				}
			}
		}
		assert.Equal(t, want, found, file)
	}
}

// TestImports keeps out of generated tests what is not the standard library or
// the runtime.
func TestImports(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	require.NoError(t, err)
	for path := range strings.FieldsSeq(string(out)) {
		assert.True(t, strings.HasPrefix(path, "github.com/esogen/esogen/runtime") || strings.HasPrefix(path, "golang.org/x/crypto"), path)
	}
}
