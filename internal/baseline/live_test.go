package baseline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
)

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
	assert.Equal(t, []string{"v9 history", "v10 history", "a live"}, roles(set))

	set, err = Load(t.Context(), in(root, "release:v10", "release:v9"))
	require.NoError(t, err)
	assert.Equal(t, []string{"v10 history", "v9 live"}, roles(set), "--against replaces the ledger")
	assert.Equal(t, "v9", set.Last().Name)
}

func roles(set Set) []string {
	list := []string{}
	for _, r := range set.Releases {
		list = append(list, r.Name+" "+string(r.Role))
	}
	return list
}

// Two branches each record a release. Merged, both entries say what they said,
// and both count as live, until another release follows.
func TestTwoBranchesThatRelease(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	recordIn(t, root, "v1", 0, token("", 1))
	ledger, err := Ledger(t.Context(), in(root))
	require.NoError(t, err)
	one := recorded(t, ledger, Recording{Name: "v2", Types: []*definition.Type{token("", 2)}})
	two := recorded(t, ledger, Recording{Name: "v1.1", Types: []*definition.Type{token("Fixed.", 1)}})
	write(t, root, one)
	write(t, root, two)

	set, err := Load(t.Context(), in(root))
	require.NoError(t, err)
	assert.Equal(t, []string{"v1 history", "v1.1 live", "v2 live"}, roles(set))
	assert.Contains(t, set.Notes[0], `"v1.1" and "v2" were recorded on different branches, each as number 2`)
	sameTypes(t, []*definition.Type{token("Fixed.", 1)}, set.Releases[1].Types)
	sameTypes(t, []*definition.Type{token("", 2)}, set.Releases[2].Types)

	recordIn(t, root, "v3", 0, token("", 2))
	set, err = Load(t.Context(), in(root))
	require.NoError(t, err)
	assert.Equal(t, []string{"v1 history", "v1.1 history", "v2 history", "v3 live"}, roles(set))
	assert.NotContains(t, set.Notes[0], "different branches")
}

func TestWhichReleasesAreLive(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for i, name := range []string{"v1", "v2", "v3", "v4"} {
		recordIn(t, root, name, 0, token("", i+1))
	}
	load := func(o Options) []string {
		t.Helper()
		set, err := Load(t.Context(), o)
		require.NoError(t, err)
		return roles(set)
	}
	write(t, root, map[string][]byte{SupportPath: SupportFile([]string{"v2", "v1", "v2"})})
	assert.Equal(t, []string{"v1 live", "v2 live", "v3 history", "v4 live"}, load(in(root)))
	write(t, root, map[string][]byte{WithdrawalPath("v4"): Withdrawal("v4", "it \"lost\" <mail>"), WithdrawalPath("v1"): Withdrawal("v1", "é")})
	assert.Equal(t, []string{"v1 withdrawn", "v2 live", "v3 live", "v4 withdrawn"}, load(in(root)), "the one before the withdrawn one is live again")
	entries, err := Ledger(t.Context(), in(root))
	require.NoError(t, err)
	assert.Equal(t, `it "lost" <mail>`, entries[3].Reason)

	beside := in(root)
	beside.Beside = []string{"release:v1", "release:v3"}
	assert.Equal(t, []string{"v1 live", "v2 history", "v3 live", "v4 withdrawn"}, load(beside))
	beside.Against = []string{"release:v2"}
	assert.Equal(t, []string{"v2 history", "v1 live", "v3 live"}, load(beside))
	beside.Against = []string{"release:v1", "release:v4"}
	assert.Equal(t, []string{"v1 live", "v4 history", "v3 live"}, load(beside))
	beside.Beside = []string{"nowhere"}
	_, err = Load(t.Context(), beside)
	assert.ErrorContains(t, err, `the baseline "nowhere": there is no such directory`)

	for file, text := range map[string]string{
		SupportPath:          "v9\n",
		WithdrawalPath("v3"): strings.Replace(string(Withdrawal("v3", "x")), "x", "", 1),
		WithdrawalPath("v9"): string(Withdrawal("v9", "x")),
	} {
		broken := t.TempDir()
		recordIn(t, broken, "v3", 0, token("", 1))
		write(t, broken, map[string][]byte{file: []byte(text)})
		_, err := Load(t.Context(), in(broken))
		assert.ErrorContains(t, err, file)
	}
	write(t, root, map[string][]byte{SupportPath: []byte("<<<<<<< HEAD\nv1\n=======\nv2\n>>>>>>> b\n")})
	_, err = Load(t.Context(), in(root))
	assert.ErrorContains(t, err, "it has conflict markers of git")
}
