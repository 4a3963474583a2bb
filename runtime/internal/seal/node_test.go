package seal

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/internal/nodetest"
	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontest"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// The tests in this file compare with the packages that Kibana uses, by random
// values. They need node and interop/node_modules; see package nodetest.
const interopDir = "../../../interop"

func TestNodeAAD(t *testing.T) {
	process := nodetest.Start(t, interopDir)
	rapid.Check(t, func(rt *rapid.T) {
		var requests []nodetest.Request
		var own []string
		for range 20 {
			descriptor := rapid.SliceOfN(rapid.String(), 2, 3).Draw(rt, "descriptor")
			names := rapid.SliceOfNDistinct(rapid.String(), 0, 6, rapid.ID[string]).Draw(rt, "names")
			var bound []Text
			var members []string
			for _, name := range names {
				value := jsontest.JSON(rt, 1)
				bound = append(bound, Text{name, value})
				members = append(members, string(jsontext.AppendStableString(nil, name))+":"+value)
			}
			requests = append(requests, nodetest.Request{Op: "aad", Descriptor: descriptor, Bound: "{" + strings.Join(members, ",") + "}"})
			own = append(own, string(AppendKibanaAAD(nil, descriptor, bound)))
		}
		for i, answer := range process.Ask(t, requests...) {
			require.Empty(rt, answer.Error)
			require.Equal(rt, answer.Text, own[i])
		}
	})
}

// TestNodeSecrets has one side seal and the other open. A secret is a list of
// many random values, since each sealing costs node and Go a derivation.
func TestNodeSecrets(t *testing.T) {
	process := nodetest.Start(t, interopDir)
	const values = 100
	secrets := 20
	if testing.Short() {
		secrets = 3
	}
	for i := range secrets {
		drawn := rapid.Custom(func(rt *rapid.T) [3]string {
			items := make([]string, values)
			for i := range items {
				items[i] = jsontest.JSON(rt, 2)
			}
			aad := AppendKibanaAAD(nil, []string{"type", rapid.String().Draw(rt, "id")}, []Text{{"bound", jsontest.JSON(rt, 2)}})
			passphrase := rapid.StringN(32, 100, -1).Draw(rt, "passphrase")
			return [3]string{"[" + strings.Join(items, ",") + "]", string(aad), passphrase}
		}).Example(i)
		secret, aad, passphrase := drawn[0], drawn[1], drawn[2]
		keyring := passphrasesOf(passphrase)
		meaning := process.Text(t, nodetest.Request{Op: "stable", Text: secret})

		t.Run(fmt.Sprintf("node seals, Go opens %d", i), func(t *testing.T) {
			sealed := process.Text(t, nodetest.Request{Op: "seal", Key: passphrase, AAD: aad, Text: secret})
			opened, err := openAll(t.Context(), keyring, []byte(aad), []string{sealed})
			require.NoError(t, err)
			assert.Equal(t, meaning, string(jsontext.AppendStable(nil, opened[0])))

			_, err = openAll(t.Context(), keyring, []byte(aad+" "), []string{sealed})
			assert.ErrorIs(t, err, fault.ErrTampered)
		})
		t.Run(fmt.Sprintf("Go seals, node opens %d", i), func(t *testing.T) {
			sealed, err := sealAll(t.Context(), keyring, []byte(aad), []string{secret, "null", secret})
			require.NoError(t, err)
			answers := process.Ask(t,
				nodetest.Request{Op: "open", Key: passphrase, AAD: aad, Text: sealed[0]},
				nodetest.Request{Op: "open", Key: passphrase, AAD: aad, Text: sealed[2]},
				nodetest.Request{Op: "open", Key: passphrase, AAD: aad + " ", Text: sealed[2]},
				nodetest.Request{Op: "open", Key: passphrase + " ", AAD: aad, Text: sealed[2]},
			)
			for _, answer := range answers[:2] {
				require.Empty(t, answer.Error)
				assert.Equal(t, meaning, process.Text(t, nodetest.Request{Op: "stable", Text: answer.Text}))
			}
			for _, answer := range answers[2:] {
				assert.NotEmpty(t, answer.Error)
			}
		})
	}
}
