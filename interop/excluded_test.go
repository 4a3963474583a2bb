package interop

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/nodetest"
	"github.com/esogen/esogen/internal/runtimedef"
	"github.com/esogen/esogen/internal/spec"
	eso "github.com/esogen/esogen/runtime"
)

// Before 8.13, Kibana bound every attribute of an object but the encrypted and
// the excluded ones. A spec says so with a list of all that such objects have,
// whether each of them has it or not.
func TestObjectsOfBefore813(t *testing.T) {
	process := nodetest.Start(t, ".")
	keys, err := eso.NewKeyring(passphrase)
	require.NoError(t, err)
	values := someValues(t)
	specs, err := spec.Load(t.Context(), spec.Options{Root: ".."})
	require.NoError(t, err)
	require.NotEmpty(t, specs.Types)

	for _, declared := range specs.Types {
		// The newest model, with all that it does not encrypt or exclude bound.
		m := declared.Models[len(declared.Models)-1]
		for excluding := range 3 {
			excluded, bound := []string{}, []string{}
			for i, a := range m.Attributes {
				switch {
				case slices.Contains(m.Encrypted, a.Name):
				case excluding > 0 && i%excluding == 0:
					excluded = append(excluded, a.Name)
				default:
					bound = append(bound, a.Name)
				}
			}
			old := &definition.Type{Name: declared.Name, Write: 1, Oldest: 1, Models: []definition.Model{{
				Number: 1, Format: definition.Kibana, Namespaces: m.Namespaces, Declared: m.Attributes,
				Encrypted: m.Encrypted, StatesEncrypted: true, AAD: bound, StatesAAD: true,
			}}}
			old.Resolve()
			def := runtimedef.Of(old)
			objects := drawObject(old, old.Models[0], values).Filter(func(o object) bool { return hasSecret(t, o.attributes, m.Encrypted) })
			o := objects.Example(excluding)
			t.Run(fmt.Sprintf("%s/%d", declared.Name, excluding), func(t *testing.T) {
				request := nodetest.Request{Key: passphrase, Descriptor: o.descriptor, Encrypted: m.Encrypted, Exclude: excluded}
				meaning := process.Text(t, nodetest.Request{Op: "stable", Text: o.attributes})
				open := func(def *eso.Definition, attributes string) error {
					request.Op, request.Text = "sealOldObject", attributes
					doc := eso.Document{Ref: o.ref, Model: 1, Attributes: []byte(process.Text(t, request))}
					opened, err := def.OpenJSON(t.Context(), keys, doc)
					if err == nil {
						want := process.Text(t, nodetest.Request{Op: "stable", Text: attributes})
						assert.Equal(t, want, process.Text(t, nodetest.Request{Op: "stable", Text: string(opened)}))
					}
					return err
				}
				require.NoError(t, open(def, o.attributes))

				created, err := def.SealJSON(t.Context(), keys, o.ref, []byte(o.attributes))
				require.NoError(t, err)
				request.Op, request.Text = "openOldObject", string(created.Attributes)
				assert.Equal(t, meaning, process.Text(t, nodetest.Request{Op: "stable", Text: process.Text(t, request)}))

				// An attribute that the spec lacks was bound too.
				stray := strings.Replace(o.attributes, "{", `{"stray":null,`, 1)
				assert.ErrorIs(t, open(def, stray), eso.ErrTampered)

				// Declared as any JSON value and bound, it no longer matters, and
				// objects without it open as before.
				old.Models[0].Declared = append(old.Models[0].Declared,
					definition.Attribute{Name: "stray", Optional: true, Value: definition.Value{Kind: definition.JSON}})
				old.Models[0].AAD = append(old.Models[0].AAD, "stray")
				old.Resolve()
				wider := runtimedef.Of(old)
				assert.NoError(t, open(wider, stray))
				assert.NoError(t, open(wider, o.attributes))
			})
		}
	}
}
