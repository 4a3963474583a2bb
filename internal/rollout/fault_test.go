package rollout

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esotest"
)

// faulty is operations with a fault: one of the functions, where it is set,
// takes the place of the operation or works on its result.
type faulty struct {
	operations
	onCreate func(eso.Document) eso.Document
	onUpdate func(before, after eso.Document) eso.Document
	onRotate func(before, after eso.Document) eso.Document
	onPatch  func(doc eso.Document, c change) (eso.Document, error)
	onRead   func(ctx context.Context, keys eso.Keyring, doc eso.Document) (*esotest.Object, error)
	onOpen   func(doc eso.Document) eso.Document
	onMigrat func(before, after eso.Document) eso.Document
}

func (f faulty) create(ctx context.Context, keys eso.Keyring, ref eso.Ref, o *esotest.Object) (eso.Document, error) {
	doc, err := f.operations.create(ctx, keys, ref, o)
	if err != nil || f.onCreate == nil {
		return doc, err
	}
	return f.onCreate(doc), nil
}

func (f faulty) open(ctx context.Context, keys eso.Keyring, doc eso.Document) (*esotest.Object, error) {
	if f.onOpen != nil {
		doc = f.onOpen(doc)
	}
	return f.operations.open(ctx, keys, doc)
}

func (f faulty) update(ctx context.Context, keys eso.Keyring, doc eso.Document, c change) (eso.Document, error) {
	after, err := f.operations.update(ctx, keys, doc, c)
	if err != nil || f.onUpdate == nil {
		return after, err
	}
	return f.onUpdate(doc, after), nil
}

func (f faulty) rotate(ctx context.Context, keys eso.Keyring, doc eso.Document) (eso.Document, error) {
	after, err := f.operations.rotate(ctx, keys, doc)
	if err != nil || f.onRotate == nil {
		return after, err
	}
	return f.onRotate(doc, after), nil
}

func (f faulty) migrate(ctx context.Context, keys eso.Keyring, doc eso.Document) (eso.Document, error) {
	after, err := f.operations.migrate(ctx, keys, doc)
	if err != nil || f.onMigrat == nil {
		return after, err
	}
	return f.onMigrat(doc, after), nil
}

func (f faulty) patch(ctx context.Context, keys eso.Keyring, doc eso.Document, c change) (eso.Document, error) {
	if f.onPatch == nil {
		return f.operations.patch(ctx, keys, doc, c)
	}
	return f.onPatch(doc, c)
}

func (f faulty) read(ctx context.Context, keys eso.Keyring, doc eso.Document) (*esotest.Object, error) {
	if f.onRead == nil {
		return f.operations.read(ctx, keys, doc)
	}
	return f.onRead(ctx, keys, doc)
}

// edit changes the attributes of a document behind the runtime's back.
func edit(doc eso.Document, work func(map[string]json.RawMessage)) eso.Document {
	attributes := map[string]json.RawMessage{}
	if err := json.Unmarshal(doc.Attributes, &attributes); err != nil {
		panic(err)
	}
	work(attributes)
	doc.Attributes, _ = json.Marshal(attributes)
	return doc
}

// keep takes one attribute of the document as it was.
func keep(name string) func(before, after eso.Document) eso.Document {
	return func(before, after eso.Document) eso.Document {
		return edit(after, func(now map[string]json.RawMessage) {
			edit(before, func(then map[string]json.RawMessage) {
				if text, ok := then[name]; ok {
					now[name] = text
				}
			})
		})
	}
}

// TestFaults breaks the runtime in one release and expects the simulator to
// notice. Without the fault the case is safe.
func TestFaults(t *testing.T) {
	t.Parallel()
	before := model("token other", "owner area", "token", "other", "owner", "area", "note")
	c := oneStep(before, model("token other", "owner area", "more?"))
	unbinds := stages(model("token other", "owner area note", "token", "other", "owner", "area", "note"), model("token other", "owner area", "more?"))[1]

	unbound := func(name string) func(operations) operations {
		return func(o operations) operations {
			inner := o.(*codec)
			d := *inner.objects.Definition()
			d.Models = slices.Clone(d.Models)
			for i := range d.Models {
				d.Models[i].AAD = slices.DeleteFunc(slices.Clone(d.Models[i].AAD), func(n string) bool { return n == name })
			}
			return newCodec(inner.fields, &d)
		}
	}
	faults := []struct {
		name  string
		of    Case
		wrap  func(operations) operations
		found Kind
	}{
		{"an attribute is not bound", c, unbound("owner"), NotBound},
		{"a rotation skips a secret", c, func(o operations) operations { return faulty{operations: o, onRotate: keep("token")} }, OldKeyNeeded},
		{"an update does not seal a secret again", c, func(o operations) operations { return faulty{operations: o, onUpdate: keep("token")} }, Stranded},
		{"an update forgets what it does not know", c, func(o operations) operations {
			return faulty{operations: o, onUpdate: func(_, after eso.Document) eso.Document {
				return edit(after, func(now map[string]json.RawMessage) {
					for name := range now {
						if fieldOf(o, name) < 0 {
							delete(now, name)
						}
					}
				})
			}}
		}, Lost},
		{"an update writes nothing", c, func(o operations) operations {
			return faulty{operations: o, onUpdate: func(before, _ eso.Document) eso.Document { return before }}
		}, Stale},
		{"a migration forgets an attribute", c, func(o operations) operations {
			return faulty{operations: o, onMigrat: func(_, after eso.Document) eso.Document {
				return edit(after, func(now map[string]json.RawMessage) { delete(now, "note") })
			}}
		}, RequiredMissing},
		{"a create stores a secret in the clear", c, func(o operations) operations {
			return faulty{operations: o, onCreate: func(doc eso.Document) eso.Document {
				return edit(doc, func(now map[string]json.RawMessage) { now["token"] = json.RawMessage(`"value 1"`) })
			}}
		}, Plaintext},
		{"a normal read opens", c, func(o operations) operations {
			return faulty{operations: o, onRead: func(ctx context.Context, keys eso.Keyring, doc eso.Document) (*esotest.Object, error) {
				return o.open(ctx, keys, doc)
			}}
		}, SecretShown},
		{"a patch does not ask whether the document binds the attribute", unbinds, func(o operations) operations {
			inner := o.(*codec)
			return faulty{operations: o, onPatch: func(doc eso.Document, c change) (eso.Document, error) {
				return edit(doc, func(now map[string]json.RawMessage) {
					name := inner.fields[c.field].Name
					if now[name] = json.RawMessage(c.text); c.text == "" {
						delete(now, name)
					}
				}), nil
			}}
		}, BoundChanged},
	}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			v, err := Judge(t.Context(), f.of)
			require.NoError(t, err)
			require.Empty(t, dump(v), "without the fault")
			o := options{together: together, moves: MaxMoves, reduce: false, wrap: f.wrap}
			v, err = judge(t.Context(), f.of, o)
			require.NoError(t, err)
			var kinds []string
			for _, found := range v.Findings {
				kinds = append(kinds, string(found.Kind))
			}
			assert.Contains(t, kinds, string(f.found), dump(v))
			assert.False(t, strings.Contains(dump(v), "%!"))
		})
	}
}

// TestInterleaving plays two writers that interleave as compare-and-swap
// allows, and finds that each way to do so leaves what one of their orders
// leaves.
func TestInterleaving(t *testing.T) {
	t.Parallel()
	c := oneStep(model("token", "owner", "token", "owner", "note?"), model("token", "owner", "more?"))
	a := collectFacts(c)
	p, err := newSearch(a, a.subsets(options{together: together, reduce: false})[0], options{moves: MaxMoves})
	require.NoError(t, err)
	first, _ := p.left(t.Context())
	interleavings := 0
	for _, s := range first {
		for _, one := range p.moves(p.running, s) {
			for _, two := range p.moves(p.created, s) {
				orders := map[string]bool{}
				for _, order := range [][]step{{one, two}, {two, one}} {
					at := s
					for _, m := range order {
						at, err = p.perform(t.Context(), at, m)
						require.NoError(t, err)
					}
					orders[p.signature(at)] = true
				}
				// 0 and 1 are the turns of the writers: a read, then a swap. A
				// swap that loses is a read again, and a swap later.
				for _, turns := range [][]int{{0, 0, 1, 1}, {0, 1, 0, 1}, {0, 1, 1, 0}, {1, 0, 0, 1}, {1, 0, 1, 0}, {1, 1, 0, 0}} {
					store := &swapping{at: s}
					writers := []*writer{{m: one}, {m: two}}
					for _, turn := range turns {
						writers[turn].turn(t, p, store)
					}
					for _, w := range writers {
						for !w.done {
							w.turn(t, p, store)
						}
					}
					interleavings++
					require.Contains(t, orders, p.signature(store.at))
				}
			}
		}
	}
	assert.Greater(t, interleavings, 100)
}

// swapping is a store of one document with revisions.
type swapping struct {
	at       *state
	revision int
}

// writer is a process that reads, works and swaps, until that succeeds.
type writer struct {
	m        step
	read     *state
	revision int
	done     bool
}

func (w *writer) turn(t *testing.T, p *search, store *swapping) {
	t.Helper()
	switch {
	case w.done:
	case w.read == nil:
		w.read, w.revision = store.at, store.revision
	case w.revision != store.revision:
		w.read = nil
	default:
		next, err := p.perform(t.Context(), w.read, w.m)
		require.NoError(t, err)
		store.at, w.done = next, true
		store.revision++
	}
}

// TestRollback finds among the states of a case all those that an upgrade, a
// rollback and a second upgrade reach when only one release runs at a time.
func TestRollback(t *testing.T) {
	t.Parallel()
	c := stages(model("token", "owner", "token", "owner", "note"), model("token note", "owner", "more?"))[1]
	a := collectFacts(c)
	p, err := newSearch(a, a.subsets(options{together: together, reduce: true})[0], options{moves: MaxMoves})
	require.NoError(t, err)
	require.NoError(t, p.explore(t.Context()))
	require.Empty(t, p.findings)

	at, _ := p.left(t.Context())
	for _, rel := range []*simRelease{p.running, p.created, p.running, p.created} {
		reached := map[string]*state{}
		for _, s := range at {
			for _, m := range p.moves(rel, s) {
				n, err := p.perform(t.Context(), s, m)
				require.NoError(t, err)
				reached[p.signature(n)] = n
			}
		}
		at = nil
		for signature, s := range reached {
			assert.True(t, p.seen[signature])
			at = append(at, s)
		}
	}
}
