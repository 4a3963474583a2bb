package passphrase

import (
	"crypto/fips140"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
)

const vectorsFile = "../../golden/wrapped/passphrase.json"

// vector is something that was wrapped. Lines are added and never changed: each
// opens forever.
type vector struct {
	Passphrase, Secret, Wrapped string // the last two in hexadecimal
}

// With ESOGEN_UPDATE=1 the test adds a vector for each secret below that has none.
func TestVectors(t *testing.T) {
	data, err := os.ReadFile(vectorsFile)
	if os.Getenv("ESOGEN_UPDATE") == "" {
		require.NoError(t, err)
	}
	var vectors []vector
	if err == nil {
		require.NoError(t, json.Unmarshal(data, &vectors))
	}
	if os.Getenv("ESOGEN_UPDATE") != "" {
		vectors = added(t, vectors)
	}
	require.NotEmpty(t, vectors)
	for _, v := range vectors {
		wrapped, err := hex.DecodeString(v.Wrapped)
		require.NoError(t, err)
		secret, err := open(t, Of([]byte(v.Passphrase)), Costs{}).Unwrap(t.Context(), wrapped)
		require.NoError(t, err, "%.40s", v.Wrapped)
		assert.Equal(t, v.Secret, hex.EncodeToString(secret))
		h, _, err := parse(wrapped)
		require.NoError(t, err)
		assert.Equal(t, wrapped[:headerSize], h.text())
	}
}

func added(t *testing.T, vectors []vector) []vector {
	wanted := []struct {
		passphrase, secret string
		costs              Costs
	}{
		{secretPassphrase, "a file key and a hash, 64 bytes together: 3456789012345678901234", DefaultCosts},
		{"Größe, Maß und 😀 dazu", "s", Costs{Memory: minMemory, Passes: 2, Lanes: 1}},
		{secretPassphrase, "other costs", Costs{Memory: 40_001, Passes: 1, Lanes: 7}},
	}
	for _, want := range wanted[min(len(vectors), len(wanted)):] {
		wrapped, err := open(t, Of([]byte(want.passphrase)), want.costs).Wrap(t.Context(), []byte(want.secret))
		require.NoError(t, err)
		vectors = append(vectors, vector{want.passphrase, hex.EncodeToString([]byte(want.secret)), hex.EncodeToString(wrapped)})
	}
	text, err := json.MarshalIndent(vectors, "", "  ")
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll("../../golden/wrapped", 0o755))
	require.NoError(t, os.WriteFile(vectorsFile, append(text, '\n'), 0o644))
	return vectors
}

// Under GODEBUG=fips140=only the provider says that it does not run there. The
// test starts itself again in that mode.
func TestFIPS(t *testing.T) {
	if !fips140.Enforced() {
		again := exec.Command(os.Args[0], "-test.run=^TestFIPS$", "-test.v")
		again.Env = append(os.Environ(), "GODEBUG=fips140=only")
		said, err := again.CombinedOutput()
		require.NoError(t, err, "%s", said)
		require.Contains(t, string(said), "--- PASS: TestFIPS")
		return
	}
	w := open(t, Of([]byte(secretPassphrase)), Costs{})
	_, err := w.Wrap(t.Context(), []byte("a secret"))
	require.ErrorIs(t, err, ErrFIPS)
	require.ErrorIs(t, err, eso.ErrNoKey)
	_, err = w.Unwrap(t.Context(), append(header{costs: DefaultCosts}.text(), make([]byte, 48)...))
	require.ErrorIs(t, err, ErrFIPS)
}

// Whatever is accepted as a header is the same bytes again.
func FuzzParse(f *testing.F) {
	f.Add(append(header{costs: DefaultCosts}.text(), make([]byte, 48)...))
	f.Add([]byte{version})
	f.Add(make([]byte, 2000))
	f.Fuzz(func(t *testing.T, wrapped []byte) {
		h, sealed, err := parse(wrapped)
		if err != nil {
			return
		}
		assert.Equal(t, wrapped, append(h.text(), sealed...))
		work := uint64(h.costs.Memory) * uint64(h.costs.Passes)
		assert.True(t, work >= minWork && work <= maxWork)
	})
}
