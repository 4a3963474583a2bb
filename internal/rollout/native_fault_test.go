package rollout

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esotest"
)

// seals remembers the seals that were met, by what a reader would have of them
// that does not look at the header: the first one of each body is the true one.
type seals struct {
	sync.Mutex
	byBody map[string]json.RawMessage
	last   json.RawMessage
}

// known returns the true seal in the place of another one, or of none.
func (s *seals) known(text json.RawMessage) json.RawMessage {
	s.Lock()
	defer s.Unlock()
	if text == nil {
		return s.last
	}
	if _, ok := s.byBody[body(string(text))]; !ok {
		s.byBody[body(string(text))], s.last = text, text
	}
	return s.byBody[body(string(text))]
}

// body is a seal without its header.
func body(text string) string {
	var encoded []byte
	if json.Unmarshal([]byte(text), &encoded) != nil {
		return ""
	}
	return string(encoded[len(encoded)-40:])
}

// again seals a document anew, as a runtime would by whose lists some names
// were missing: among the bound ones, or the sealed ones.
func again(t *testing.T, typ *definition.Type, doc eso.Document, keys eso.Keyring, unbound, forgotten string) eso.Document {
	p := &search{}
	d := p.runtimeDefinition(typ)
	opened, err := d.OpenJSON(t.Context(), keys, doc)
	if err != nil {
		return doc // what the fault has done to it already
	}
	var attributes map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(opened, &attributes))
	delete(attributes, forgotten)
	narrow := *d
	narrow.Write = doc.Model
	narrow.Models = slices.Clone(d.Models)
	m := &narrow.Models[doc.Model-1]
	without := func(names []string, name string) []string {
		return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
	}
	m.AAD, m.Encrypted = without(m.AAD, unbound), without(m.Encrypted, forgotten)
	text, err := json.Marshal(attributes)
	require.NoError(t, err)
	made, err := narrow.SealJSON(t.Context(), keys, doc.Ref, text)
	require.NoError(t, err)
	return made
}

// withoutHeader is operations that do not authenticate the header of a seal.
func withoutHeader(o operations) operations {
	s := &seals{byBody: map[string]json.RawMessage{}}
	return faulty{operations: o, onOpen: func(doc eso.Document) eso.Document {
		return edit(doc, func(stored map[string]json.RawMessage) {
			if text, ok := stored[esotest.SealName]; ok {
				stored[esotest.SealName] = s.known(text)
			}
		})
	}}
}

// TestNativeFaults breaks the runtime in one way and expects the simulator to
// notice. Without the fault the case is safe.
func TestNativeFaults(t *testing.T) {
	t.Parallel()
	in := func(m definition.Model) definition.Model { return with(m, inFormat(definition.Native)) }
	before := in(model("token", "owner", "token", "owner", "note"))
	binds := in(model("token", "owner more", "more?"))
	encrypts := in(model("token more", "owner", "more?"))
	moves := in(model("token", "owner note"))

	faults := []struct {
		name      string
		after     definition.Model
		wrap      func(t *testing.T, o operations) operations
		kind      Kind
		attribute string
	}{
		{"the header is not authenticated", binds, func(_ *testing.T, o operations) operations {
			return withoutHeader(o)
		}, NotBound, "owner"},
		{"a document opens without its seal", binds, func(_ *testing.T, o operations) operations {
			s := &seals{byBody: map[string]json.RawMessage{}}
			return faulty{operations: o, onOpen: func(doc eso.Document) eso.Document {
				return edit(doc, func(stored map[string]json.RawMessage) {
					if text := s.known(stored[esotest.SealName]); stored[esotest.SealName] == nil {
						stored[esotest.SealName] = text
					}
				})
			}}
		}, NotBound, esotest.SealName},
		{"bound names that a release does not know are dropped when it seals again", binds, func(t *testing.T, o operations) operations {
			return faulty{operations: o, onUpdate: func(_, after eso.Document) eso.Document {
				if fieldOf(o, "more") >= 0 || after.Model == 1 {
					return after
				}
				return again(t, typeOf(2, before, binds), after, oldRing, "more", "")
			}}
		}, BoundDiffers, "more"},
		{"secrets that a release does not know are dropped when it seals again", encrypts, func(t *testing.T, o operations) operations {
			return faulty{operations: o, onUpdate: func(_, after eso.Document) eso.Document {
				if fieldOf(o, "more") >= 0 || after.Model == 1 {
					return after
				}
				return again(t, typeOf(2, before, encrypts), after, oldRing, "", "more")
			}}
		}, Lost, "more"},
		{"a sealed secret is written in the clear as well", encrypts, func(_ *testing.T, o operations) operations {
			return faulty{operations: o, onUpdate: func(_, after eso.Document) eso.Document {
				return edit(after, func(now map[string]json.RawMessage) { now["token"] = json.RawMessage(`"value 1"`) })
			}}
		}, Plaintext, "token"},
		{"an update leaves the seal as it was", binds, func(_ *testing.T, o operations) operations {
			return faulty{operations: o, onUpdate: keep(esotest.SealName)}
		}, BoundChanged, "owner"},
		{"a patch does not ask whether the seal binds the attribute", moves, func(_ *testing.T, o operations) operations {
			inner := o.(*codec)
			return faulty{operations: o, onPatch: func(doc eso.Document, c change) (eso.Document, error) {
				return edit(doc, func(now map[string]json.RawMessage) {
					now[inner.fields[c.field].Name] = json.RawMessage(c.text)
				}), nil
			}}
		}, BoundChanged, "note"},
		{"a rotation leaves the seal as it was", encrypts, func(_ *testing.T, o operations) operations {
			return faulty{operations: o, onRotate: keep(esotest.SealName)}
		}, OldKeyNeeded, ""},
		{"a normal read opens", encrypts, func(_ *testing.T, o operations) operations {
			return faulty{operations: o, onRead: func(ctx context.Context, keys eso.Keyring, doc eso.Document) (*esotest.Object, error) {
				return o.open(ctx, keys, doc)
			}}
		}, SecretShown, "token"},
	}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			c := oneStep(before, f.after)
			v, err := Judge(t.Context(), c)
			require.NoError(t, err)
			require.Empty(t, dump(v), "without the fault")
			wrap := func(o operations) operations { return f.wrap(t, o) }
			v, err = judge(t.Context(), c, options{together: together, moves: MaxMoves, wrap: wrap})
			require.NoError(t, err)
			found := map[string]bool{}
			for _, one := range v.Findings {
				found[string(one.Kind)+" "+one.Attribute] = true
			}
			assert.Contains(t, slices.Sorted(maps.Keys(found)), string(f.kind)+" "+f.attribute, dump(v))
		})
	}
}

// TestNativeTrace pins the words of a trace in the native format.
func TestNativeTrace(t *testing.T) {
	t.Parallel()
	in := inFormat(definition.Native)
	before := with(model("token", "owner", "token", "owner", "note"), in)
	v := verdict(t, oneStep(before, with(with(model("token", "owner extra", "extra?"), removed("note")), in)))
	require.NotEmpty(t, v.Findings)
	assert.Equal(t, []string{
		`1. new creates a document of model 2 with owner, token; it seals token, bound to extra (absent), owner`,
		`2. v1 (running) opens it; it does not know model 2 and goes by model 1; the seal says that it holds token, bound to extra (absent), owner`,
		`promise 1 is broken for v1 (running) (every document opens): "note": its model 1 requires it, and the document lacks it`,
	}, v.Findings[0].Lines)
	v = verdict(t, oneStep(with(model("token", "owner", "token", "owner"), inFormat(definition.Kibana)), with(model("token", "owner"), in)))
	assert.Equal(t, []string{
		`1. new creates a document of model 2 with owner, token; it seals token, bound to owner`,
		`2. v1 (running) opens it; it does not know model 2 and goes by model 1; the seal says that it holds token, bound to owner`,
		`promise 1 is broken for v1 (running) (every document opens): the document: it is opened by model 1, which has another format`,
	}, v.Findings[0].Lines)
}
