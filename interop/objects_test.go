// Package interop compares whole objects of Kibana's own types, declared in
// ../specs, with what Kibana's packages make of them. Values, numbers and strings
// are compared in ../runtime, in far greater number.
package interop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/nodetest"
	"github.com/esogen/esogen/internal/runtimedef"
	"github.com/esogen/esogen/internal/spec"
	eso "github.com/esogen/esogen/runtime"
)

const passphrase = "a passphrase of Kibana's, to be shared"

// variants is how many random objects there are of each model of a type.
const variants = 4

func TestObjectsOfKibanasTypes(t *testing.T) {
	process := nodetest.Start(t, ".")
	keys, err := eso.NewKeyring(passphrase)
	require.NoError(t, err)
	values := someValues(t)
	specs, err := spec.Load(t.Context(), spec.Options{Root: ".."})
	require.NoError(t, err)
	require.False(t, specs.HasErrors())
	require.NotEmpty(t, specs.Types)

	for _, declared := range specs.Types {
		for _, m := range declared.Models {
			for i := range variants {
				o := drawObject(declared, m, values).Example(i)
				t.Run(fmt.Sprintf("%s/%d/%d", declared.Name, m.Number, i), func(t *testing.T) {
					def := runtimedef.At(runtimedef.Of(declared), m.Number)
					request := nodetest.Request{Key: passphrase, Descriptor: o.descriptor, Encrypted: m.Encrypted, Bind: m.AAD}
					meaning := process.Text(t, nodetest.Request{Op: "stable", Text: o.attributes})

					// Kibana seals, Go opens.
					request.Op, request.Text = "sealObject", o.attributes
					sealed := eso.Document{Ref: o.ref, Model: m.Number, Attributes: []byte(process.Text(t, request))}
					opened, err := def.OpenJSON(t.Context(), keys, sealed)
					require.NoError(t, err)
					assert.Equal(t, meaning, process.Text(t, nodetest.Request{Op: "stable", Text: string(opened)}))

					// Go seals, Kibana opens.
					created, err := def.SealJSON(t.Context(), keys, o.ref, []byte(o.attributes))
					require.NoError(t, err)
					request.Op, request.Text = "openObject", string(created.Attributes)
					assert.Equal(t, meaning, process.Text(t, nodetest.Request{Op: "stable", Text: process.Text(t, request)}))

					// Neither opens it as another object.
					if !hasSecret(t, o.attributes, m.Encrypted) {
						return
					}
					created.Ref.ID = eso.NewID()
					_, err = def.OpenJSON(t.Context(), keys, created)
					assert.ErrorIs(t, err, eso.ErrTampered)
					request.Descriptor = append(slices.Clone(o.descriptor[:len(o.descriptor)-1]), created.Ref.ID)
					assert.NotEmpty(t, process.Ask(t, request)[0].Error)
				})
			}
		}
	}
}

// object is an object to seal.
type object struct {
	ref        eso.Ref
	descriptor []string
	attributes string
}

// drawObject draws an object of a model. Its values are of any JSON type: what is
// under test is the format, to which all are alike.
func drawObject(t *definition.Type, m definition.Model, values []string) *rapid.Generator[object] {
	return rapid.Custom(func(rt *rapid.T) object {
		o := object{ref: eso.Ref{Type: t.Name, ID: eso.NewID()}}
		if m.Namespaces == definition.Single {
			o.ref.Namespace = rapid.SampledFrom([]string{"", "default", "space-é"}).Draw(rt, "namespace")
		}
		if ns := o.ref.Namespace; ns != "" && ns != "default" {
			o.descriptor = append(o.descriptor, ns)
		}
		o.descriptor = append(o.descriptor, o.ref.Type, o.ref.ID)

		var members []string
		for _, a := range m.Attributes {
			// A default would be filled in, and is not Kibana's.
			if a.Optional && a.Default == "" && rapid.Bool().Draw(rt, "absent") {
				continue
			}
			name, err := json.Marshal(a.Name)
			if err != nil {
				panic(err)
			}
			members = append(members, string(name)+":"+rapid.SampledFrom(values).Draw(rt, "value"))
		}
		o.attributes = "{" + strings.Join(rapid.Permutation(members).Draw(rt, "members"), " ,\n") + "}"
		return o
	})
}

// someValues are the texts of the runtime's vectors, apart from those with
// numbers that the format cannot hold, and null for good measure.
func someValues(t *testing.T) []string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "runtime", "testdata", "stable.json"))
	require.NoError(t, err)
	var vectors []struct{ Text, Stable string }
	require.NoError(t, json.Unmarshal(content, &vectors))
	values := []string{"null", "null", "null", `""`, "false", "0"}
	for _, v := range vectors {
		if strings.Contains(v.Text, "null") == strings.Contains(v.Stable, "null") {
			values = append(values, v.Text)
		}
	}
	return values
}

// hasSecret reports whether one of the named attributes is there and not null.
func hasSecret(t *testing.T, attributes string, names []string) bool {
	t.Helper()
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(attributes), &members))
	return slices.ContainsFunc(names, func(name string) bool {
		value := bytes.TrimSpace(members[name])
		return len(value) > 0 && string(value) != "null"
	})
}
