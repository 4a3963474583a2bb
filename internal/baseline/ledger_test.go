package baseline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
	"github.com/esogen/esogen/internal/spec"
)

// repositoryTypes are esogen's own specs: real types of many shapes.
func repositoryTypes(t testing.TB) []*definition.Type {
	t.Helper()
	specs, err := spec.Load(t.Context(), spec.Options{Root: "../.."})
	require.NoError(t, err)
	require.False(t, specs.HasErrors())
	return specs.Types
}

func token(doc string, models int) *definition.Type {
	t := &definition.Type{Name: "token", Label: "token", Doc: doc, RandomID: true, Write: 1, Oldest: 1}
	for n := 1; n <= models; n++ {
		m := definition.Model{Number: n, Format: definition.Kibana, Namespaces: definition.Agnostic}
		if n == 1 {
			m.Declared = []definition.Attribute{{Name: "owner", Value: definition.Value{Kind: definition.String}}, {Name: "key", Value: definition.Value{Kind: definition.String}}}
			m.Encrypted, m.AAD, m.StatesEncrypted, m.StatesAAD = []string{"key"}, []string{"owner"}, true, true
		}
		t.Models = append(t.Models, m)
	}
	t.Resolve()
	return t
}

// record writes an entry of the ledger below the directory of a project.
func recordIn(t testing.TB, root, name string, number int, types ...*definition.Type) string {
	t.Helper()
	data, err := Record(name, number, types)
	require.NoError(t, err)
	file := filepath.Join(root, "golden", filepath.FromSlash(EntryPath(name)))
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o777))
	require.NoError(t, os.WriteFile(file, data, 0o666))
	return file
}

func in(root string, against ...string) Options {
	return Options{Root: root, Specs: "specs", Golden: "golden", Against: against}
}

func TestRecordedTypesComeBack(t *testing.T) {
	t.Parallel()
	types := repositoryTypes(t)
	types = append(types, &definition.Type{Name: "zz_gone", Label: "zz_gone", Retired: true, RandomID: true})
	data, err := Record("v1", 3, types)
	require.NoError(t, err)

	for _, text := range []string{string(data), strings.ReplaceAll(string(data), "\n", "\r\n")} {
		entry, err := ReadEntry("v1.json", []byte(text))
		require.NoError(t, err)
		assert.Equal(t, "v1", entry.Name)
		assert.Equal(t, "release:v1", entry.Source)
		assert.Equal(t, 3, entry.Number)
		require.Len(t, entry.Types, len(types))
		for i, want := range types {
			wanted, err := golden.Marshal(want)
			require.NoError(t, err)
			got, err := golden.Marshal(entry.Types[i])
			require.NoError(t, err)
			assert.Equal(t, string(wanted), string(got))
		}
	}
}

func TestRecordSortsAndLeavesItsArgumentAlone(t *testing.T) {
	t.Parallel()
	a, b := token("", 1), token("", 1)
	a.Name, a.Label = "a", "a"
	types := []*definition.Type{b, a}
	data, err := Record("v1", 1, types)
	require.NoError(t, err)
	entry, err := ReadEntry("v1.json", data)
	require.NoError(t, err)
	assert.Equal(t, "a", entry.Types[0].Name)
	assert.Same(t, b, types[0])
	assert.NotNil(t, entry.Type("token"))
	assert.Nil(t, entry.Type("tokens"))
}

func TestAnEntryWithoutTypes(t *testing.T) {
	t.Parallel()
	data, err := Record("v1", 1, nil)
	require.NoError(t, err)
	entry, err := ReadEntry("v1.json", data)
	require.NoError(t, err)
	assert.Empty(t, entry.Types)
}

// Every byte of an entry counts: whatever one changes, it is no entry any more,
// or still the same one.
func TestAnEditedEntryIsRefused(t *testing.T) {
	t.Parallel()
	data, err := Record("v1", 1, []*definition.Type{token("A token.", 2)})
	require.NoError(t, err)
	for i := range data {
		for _, b := range []byte{' ', '0', 'x', '"', '}'} {
			if data[i] == b {
				continue
			}
			edited := append([]byte{}, data...)
			edited[i] = b
			entry, err := ReadEntry("v1.json", edited)
			// The number is the one thing that a person may have to change.
			if err == nil && entry.Number == 1 {
				t.Fatalf("byte %d, %q for %q, is not noticed", i, b, data[i])
			}
		}
	}
	for _, edit := range [][2]string{
		{`"owner"`, `"holder"`}, // consistently: only the fingerprint and the hash know
		{"A token.", "A tokem."},
		{`"count": 1`, `"count": 2`},
		{`"release": "v1"`, `"release": "v2"`},
		{"\n  ]", "]"},
		{`"number": 1`, `"number": 0`},
	} {
		_, err := ReadEntry("v1.json", []byte(strings.ReplaceAll(string(data), edit[0], edit[1])))
		assert.ErrorIs(t, err, golden.ErrEdited, "%s", edit[1])
	}
	_, err = ReadEntry("v2.json", data)
	assert.ErrorContains(t, err, `it records the release "v1", whose file is v1.json`)
}

func TestANewerEntryIsToldFromAnEditedOne(t *testing.T) {
	t.Parallel()
	data, err := Record("v1", 1, []*definition.Type{token("", 1)})
	require.NoError(t, err)
	for _, format := range []string{"esogen-release", "esogen-definition"} {
		root := t.TempDir()
		file := recordIn(t, root, "v1", 1)
		require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(data), format+"/1", format+"/2", 1)), 0o666))
		_, err := Load(t.Context(), in(root))
		e := &Error{}
		require.ErrorAs(t, err, &e)
		assert.Contains(t, e.Message, `its format "`+format+`/2" is of a newer esogen`)
		assert.Equal(t, "a newer esogen wrote it: take that one", e.Hint)
	}
}

func TestLedgerOrder(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	assert.Equal(t, 1, Next(nil))
	recordIn(t, root, "v10", 2, token("", 2))
	recordIn(t, root, "v9", 1, token("", 1))
	recordIn(t, root, "a", 7, token("", 2))
	require.NoError(t, os.WriteFile(filepath.Join(root, "golden/releases/README.md"), []byte("x"), 0o666))

	entries, err := Ledger(t.Context(), in(root))
	require.NoError(t, err)
	require.Len(t, entries, 3)
	assert.Equal(t, []string{"v9", "v10", "a"}, []string{entries[0].Name, entries[1].Name, entries[2].Name})
	assert.Equal(t, 8, Next(entries))
	assert.Same(t, entries[1].Types[0], entries[2].Types[0], "a type that did not change is shared")
	assert.NotSame(t, entries[0].Types[0], entries[1].Types[0])

	set, err := Load(t.Context(), in(root))
	require.NoError(t, err)
	require.Len(t, set.Releases, 3)
	assert.Equal(t, "a", set.Last().Name)

	set, err = Load(t.Context(), in(root, "release:v10", "release:v9"))
	require.NoError(t, err)
	require.Len(t, set.Releases, 2, "--against replaces the ledger")
	assert.Equal(t, "v9", set.Last().Name)

	recordIn(t, root, "b", 7)
	_, err = Load(t.Context(), in(root))
	assert.ErrorContains(t, err, `"a" and "b" are both number 7`)
}

func TestAnEmptyLedger(t *testing.T) {
	t.Parallel()
	set, err := Load(t.Context(), in(t.TempDir()))
	require.NoError(t, err)
	assert.Empty(t, set.Releases)
	assert.Nil(t, set.Last())
	_, err = Load(t.Context(), in(t.TempDir(), "release:v1"))
	assert.ErrorContains(t, err, `there is no release "v1" in the ledger`)
}

func TestCheckName(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"v1", "1.2.3", "2027.03", "v2027-03-01", "8.19.0-SNAPSHOT+build.3", "a_b", "20270301"} {
		assert.NoError(t, CheckName(good), good)
	}
	for _, bad := range []string{
		"", ".", "..", ".hidden", "-v", "a/b", `a\b`, "a b", "a:b", "v1\n", "é", "2027-03-01", "1-2-3", "con", "NUL.1", strings.Repeat("a", 129),
	} {
		err := CheckName(bad)
		assert.Error(t, err, "%q", bad)
		assert.IsType(t, &Error{}, err)
	}
}
