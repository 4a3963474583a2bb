package baseline

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

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
	ledger, err := Ledger(t.Context(), in(root))
	require.NoError(t, err)
	write(t, root, recorded(t, ledger, Recording{Name: name, Number: number, Types: types}))
	return filepath.Join(root, "golden", filepath.FromSlash(EntryPath(name)))
}

func recorded(t testing.TB, ledger []Entry, r Recording) map[string][]byte {
	t.Helper()
	files, _, err := Record(ledger, r)
	require.NoError(t, err)
	return files
}

// write writes golden files below the directory of a project.
func write(t testing.TB, root string, files map[string][]byte) {
	t.Helper()
	for name, data := range files {
		file := filepath.Join(root, "golden", filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o777))
		require.NoError(t, os.WriteFile(file, data, 0o666))
	}
}

// read1 reads a ledger of one file.
func read1(file string, data []byte, others map[string][]byte) (Entry, error) {
	p := newParsed()
	w, err := p.entry(file, data)
	if err != nil {
		return Entry{}, err
	}
	dir := fstest.MapFS{}
	for name, data := range others {
		dir[name] = &fstest.MapFile{Data: data}
	}
	entries, err := p.resolve(dir, []written{w})
	if err != nil {
		return Entry{}, err
	}
	return entries[0], nil
}

func in(root string, against ...string) Options {
	return Options{Root: root, Specs: "specs", Golden: "golden", Against: against}
}

func TestRecordedTypesComeBack(t *testing.T) {
	t.Parallel()
	types := repositoryTypes(t)
	types = append(types, &definition.Type{Name: "zz_gone", Label: "zz_gone", Retired: true, RandomID: true})
	want := Recording{
		Name: "v1", Number: 3, Types: types, Flags: []string{"b", "a", "a"}, Seal: SealVersions{[]int{1, 2}, 2},
		Pins: map[string]string{"connector_token/2": "4711", "a \"name\"\n": "x"},
	}
	files := recorded(t, nil, want)

	for _, ends := range []string{"\n", "\r\n"} {
		others := map[string][]byte{}
		for name, data := range files {
			others[name] = []byte(strings.ReplaceAll(string(data), "\n", ends))
		}
		entry, err := read1("v1.json", others[EntryPath("v1")], others)
		require.NoError(t, err)
		assert.Equal(t, "v1", entry.Name)
		assert.Equal(t, "release:v1", entry.Source)
		assert.Equal(t, 3, entry.Number)
		assert.Equal(t, []string{"a", "b"}, entry.Flags)
		assert.Equal(t, want.Seal, entry.Seal)
		assert.Equal(t, want.Pins, entry.Pins)
		sameTypes(t, types, entry.Types)
	}
}

func sameTypes(t *testing.T, want, got []*definition.Type) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		wanted, err := golden.Marshal(want[i])
		require.NoError(t, err)
		found, err := golden.Marshal(got[i])
		require.NoError(t, err)
		assert.Equal(t, string(wanted), string(found))
	}
}

func TestRecordSortsAndLeavesItsArgumentAlone(t *testing.T) {
	t.Parallel()
	a, b := token("", 1), token("", 1)
	a.Name, a.Label = "a", "a"
	types := []*definition.Type{b, a}
	files := recorded(t, nil, Recording{Name: "v1", Types: types})
	entry, err := read1("v1.json", files[EntryPath("v1")], files)
	require.NoError(t, err)
	assert.Equal(t, "a", entry.Types[0].Name)
	assert.Same(t, b, types[0])
	assert.NotNil(t, entry.Type("token"))
	assert.Nil(t, entry.Type("tokens"))
}

func TestAnEntryWithoutTypes(t *testing.T) {
	t.Parallel()
	files := recorded(t, nil, Recording{Name: "v1"})
	require.Len(t, files, 1)
	entry, err := read1("v1.json", files[EntryPath("v1")], nil)
	require.NoError(t, err)
	assert.Empty(t, entry.Types)
}

// A release that changed nothing takes a file of the same size however many
// types there are, and one that changed a type adds a line and its definition.
func TestTheLedgerGrowsWithWhatChanged(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	types := []*definition.Type{}
	for i := range 200 {
		typ := token("A token.", 1)
		typ.Name = fmt.Sprintf("token%03d", i)
		typ.Label = typ.Name
		types = append(types, typ)
	}
	recordIn(t, root, "v1", 0, types...)
	ledger, err := Ledger(t.Context(), in(root))
	require.NoError(t, err)

	same := recorded(t, ledger, Recording{Name: "v2", Types: types})
	require.Len(t, same, 1)
	assert.Less(t, len(same[EntryPath("v2")]), 400)
	write(t, root, same)

	changed := slices.Clone(types)
	changed[7] = token("Another token.", 1)
	changed[7].Name, changed[7].Label = types[7].Name, types[7].Label
	changed = slices.Delete(changed, 9, 10)
	ledger, err = Ledger(t.Context(), in(root))
	require.NoError(t, err)
	one := recorded(t, ledger, Recording{Name: "v3", Types: changed})
	require.Len(t, one, 2)
	assert.Less(t, len(one[EntryPath("v3")]), 800)
	write(t, root, one)

	ledger, err = Ledger(t.Context(), in(root))
	require.NoError(t, err)
	sameTypes(t, types, ledger[0].Types)
	sameTypes(t, types, ledger[1].Types)
	sameTypes(t, changed, ledger[2].Types)
	assert.Same(t, ledger[0].Types[0], ledger[2].Types[0], "a type that did not change is shared")
	assert.NotSame(t, ledger[0].Types[7], ledger[2].Types[7])
}

// An entry of version 1 opens as it did, and later ones build on it.
func TestOldEntriesStayReadable(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	kept, changed := token("A token.", 2), token("Another one.", 1)
	changed.Name, changed.Label = "other", "other"
	var records []record1
	for _, typ := range []*definition.Type{changed, kept} {
		data, err := golden.Marshal(typ)
		require.NoError(t, err)
		records = append(records, record1{typ, string(data)})
	}
	old := layOut1("v1", 4, records)
	write(t, root, map[string][]byte{EntryPath("v1"): old})
	again := token("Another one, changed.", 1)
	again.Name, again.Label = "other", "other"
	recordIn(t, root, "v2", 0, kept, again)

	ledger, err := Ledger(t.Context(), in(root))
	require.NoError(t, err)
	require.Len(t, ledger, 2)
	sameTypes(t, []*definition.Type{changed, kept}, ledger[0].Types)
	sameTypes(t, []*definition.Type{again, kept}, ledger[1].Types)
	assert.Equal(t, 5, ledger[1].Number)
	everyByteCounts(t, "v1", old, nil)
	// Consistently: only the fingerprint and the hash know.
	_, err = read1("v1.json", []byte(strings.ReplaceAll(string(old), `"owner"`, `"holder"`)), nil)
	assert.ErrorIs(t, err, golden.ErrEdited)
}

// Every byte of an entry and of what it names counts: whatever one changes, it
// is no entry any more, or still the same one.
func TestAnEditedEntryIsRefused(t *testing.T) {
	t.Parallel()
	files := recorded(t, nil, Recording{Name: "v1", Types: []*definition.Type{token("A token.", 2)}, Flags: []string{"a"}, Seal: SealVersions{[]int{1}, 1}, Pins: map[string]string{"a": "b"}})
	data := files[EntryPath("v1")]
	everyByteCounts(t, "v1", data, files)
	for _, edit := range [][2]string{
		{`"count": 1`, `"count": 2`},
		{`"release": "v1"`, `"release": "v2"`},
		{"\n  ]", "]"},
		{`"number": 1`, `"number": 0`},
		{`"write": 1`, `"write": 2`},
		{`"base": ""`, `"base": "v1"`},
	} {
		_, err := read1("v1.json", []byte(strings.ReplaceAll(string(data), edit[0], edit[1])), files)
		assert.ErrorIs(t, err, golden.ErrEdited, "%s", edit[1])
	}
	_, err := read1("v2.json", data, files)
	assert.ErrorContains(t, err, `it records the release "v1", whose file is v1.json`)

	for name, definition := range files {
		if name == EntryPath("v1") {
			continue
		}
		for _, edit := range [][2]string{{`"owner"`, `"holder"`}, {"A token.", "A tokem."}} {
			edited := maps.Clone(files)
			edited[name] = []byte(strings.ReplaceAll(string(definition), edit[0], edit[1]))
			_, err := read1("v1.json", data, edited)
			assert.ErrorIs(t, err, golden.ErrEdited)
			assert.ErrorContains(t, err, name)
		}
		missing := maps.Clone(files)
		delete(missing, name)
		_, err := read1("v1.json", data, missing)
		assert.ErrorIs(t, err, fs.ErrNotExist)
	}
}

func everyByteCounts(t *testing.T, name string, data []byte, files map[string][]byte) {
	t.Helper()
	want, err := read1(name+".json", data, files)
	require.NoError(t, err)
	for i := range data {
		for _, b := range []byte{' ', '0', 'x', '"', '}'} {
			if data[i] == b {
				continue
			}
			edited := append([]byte{}, data...)
			edited[i] = b
			entry, err := read1(name+".json", edited, files)
			// The number is the one thing that a person may change.
			if err == nil && entry.Number == want.Number {
				t.Fatalf("byte %d, %q for %q, is not noticed", i, b, data[i])
			}
		}
	}
}

// A base that does not say what it said is noticed where something builds on it.
func TestAnEntryKnowsItsBase(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	recordIn(t, root, "v1", 0, token("", 1))
	recordIn(t, root, "v2", 0, token("", 1))
	file := filepath.Join(root, "golden", EntryPath("v1"))
	was, err := os.ReadFile(file)
	require.NoError(t, err)

	require.NoError(t, os.Remove(file))
	_, err = Ledger(t.Context(), in(root))
	e := &Error{}
	require.ErrorAs(t, err, &e)
	assert.Equal(t, `the ledger: golden/releases/v2.json: it builds on the release "v1", which the ledger does not have`, e.Message)
	assert.NotEmpty(t, e.Hint)

	other := t.TempDir()
	recordIn(t, other, "v1", 0, token("", 2))
	swapped, err := os.ReadFile(filepath.Join(other, "golden", EntryPath("v1")))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, swapped, 0o666))
	_, err = Ledger(t.Context(), in(root))
	require.ErrorAs(t, err, &e)
	assert.Contains(t, e.Message, "golden/releases/v2.json: ")
	assert.Contains(t, e.Message, `the release "v1" that it builds on`)

	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(was), `"base": ""`, `"base": "v2"`, 1)), 0o666))
	_, err = Ledger(t.Context(), in(root))
	assert.ErrorContains(t, err, "it builds on itself")
}

func TestANewerEntryIsToldFromAnEditedOne(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"esogen-release/3", "esogen-definition/3"} {
		root := t.TempDir()
		recordIn(t, root, "v1", 0, token("", 1))
		newer := format[:len(format)-1] + "9"
		require.NoError(t, filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			text := strings.Replace(string(data), format, newer, 1)
			if strings.Contains(format, "definition") && strings.HasSuffix(file, "v1.json") {
				text = strings.Replace(text, "esogen-release/3", "esogen-release/9", 1)
				newer = "esogen-release/9"
			}
			return os.WriteFile(file, []byte(text), 0o666)
		}))
		_, err := Load(t.Context(), in(root))
		e := &Error{}
		require.ErrorAs(t, err, &e)
		assert.Contains(t, e.Message, `its format "`+newer+`" is of a newer esogen`)
		assert.Equal(t, "a newer esogen wrote it: take that one", e.Hint)
	}
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
