package rollout

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"slices"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/runtimedef"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esotest"
)

// simRelease is a release in a search.
type simRelease struct {
	release Release
	title   string           // what a trace calls it
	unnamed bool             // the case does not name it
	typ     *definition.Type // the definition, with the facts of the search only
	def     *eso.Definition
	fields  []field
	ops     operations
}

// field is a field of the objects of a release.
type field struct {
	definition.Field
	fact    int           // of the search
	place   place         // in the write model
	shape   esotest.Shape // the Go type
	writes  []int         // the samples that the release may write there
	varied  bool          // absent and null are played too
	exposed bool          // the normal read shows it
	names   []string      // in the announced models, in order, up to one that drops it

	shown map[string]shown // by text
	edits map[int][]change // by sample
}

// shown is what a Go type shows of a nested value.
type shown struct {
	text    string
	missing esotest.Path // to a part that it requires and that is missing
}

func (f *field) show(text string) shown {
	s, ok := f.shown[text]
	if !ok {
		s = shown{f.shape.Shown(text), f.shape.Missing(text)}
		f.shown[text] = s
	}
	return s
}

// newSimRelease prepares a release for a search.
func (p *search) newSimRelease(r Release, title string, wrap func(operations) operations) *simRelease {
	typ := p.facts.project(r.Type, p.subset)
	rel := &simRelease{release: r, title: title, typ: typ}
	rel.def = p.runtimeDefinition(typ)
	fields := definition.Fields(typ)
	for _, f := range fields {
		at := place{typ.Write, f.Name}
		local := field{Field: f, fact: p.local[at], place: at, shape: goType(f.Value), shown: map[string]shown{}, edits: map[int][]change{}, exposed: slices.Contains(typ.Exposes, f.Name)}
		local.varied = p.varied[local.fact]
		for i, text := range p.samples[local.fact].texts[p.samples[local.fact].encodings[at]] {
			if writable(f.Value, f.Narrow, text) && p.samples[local.fact].converts(at, i) {
				local.writes = append(local.writes, i)
			}
		}
		for n := typ.Write + 1; n <= len(typ.Models); n++ {
			name, kept := typ.NameAt(f.Name, typ.Write, n)
			if !kept {
				break
			}
			local.names = append(local.names, name)
		}
		rel.fields = append(rel.fields, local)
	}
	rel.ops = newCodec(fields, rel.def)
	if wrap != nil {
		rel.ops = wrap(rel.ops)
	}
	return rel
}

// runtimeDefinition returns the definition for the runtime, with functions in the
// place of those of the product.
func (p *search) runtimeDefinition(typ *definition.Type) *eso.Definition {
	d := runtimedef.Of(typ)
	d.RandomID = false
	for i := range typ.Models {
		m := &typ.Models[i]
		for k, r := range m.Renamed {
			if !r.Convert {
				continue
			}
			from, to := place{m.Number - 1, r.Old}, place{m.Number, r.New}
			t := p.samples[p.local[to]]
			d.Models[i].Renamed[k].Up, d.Models[i].Renamed[k].Down = t.convert(from, to), t.convert(to, from)
		}
		for k, c := range m.Computed {
			d.Models[i].Computed[k].From = p.replacement(p.function(place{m.Number, c.Name}), c.Inputs)
		}
	}
	return d
}

// computes reports whether creation computes a field that it is not given: a
// model has a function for it, and no model drops an input.
func (rel *simRelease) computes(f *field) bool {
	for i := 1; i < rel.typ.Write; i++ {
		m := &rel.typ.Models[i]
		for _, c := range m.Computed {
			dropped := func(input string) bool {
				_, kept := rel.typ.NameAt(input, m.Number-1, rel.typ.Write)
				return !kept
			}
			made, kept := rel.typ.NameAt(c.Name, m.Number, rel.typ.Write)
			if kept && made == f.Name && !slices.ContainsFunc(c.Inputs, dropped) {
				return true
			}
		}
	}
	return false
}

// knows reports whether the release has the model.
func (rel *simRelease) knows(model int) bool { return model <= len(rel.typ.Models) }

// sets returns the model by whose sets the release opens and seals a document.
func (rel *simRelease) sets(model int) *definition.Model {
	return &rel.typ.Models[min(model, len(rel.typ.Models))-1]
}

// mayLack reports whether the document's model, as far as the release knows it,
// drops the field.
func (rel *simRelease) mayLack(f *field, model int) bool {
	steps := min(model, len(rel.typ.Models)) - rel.typ.Write
	return steps > len(f.names)
}

// project returns a type that has only the facts of a search.
func (a *facts) project(t *definition.Type, c subset) *definition.Type {
	keeps := func(model int, name string) bool {
		f, ok := a.at[place{model, name}]
		return ok && slices.Contains(c, f)
	}
	out := &definition.Type{Name: t.Name, Write: t.Write, Oldest: t.Oldest}
	for i := range t.Models {
		m := &t.Models[i]
		here := func(name string) bool { return keeps(m.Number, name) }
		before := func(name string) bool { return keeps(m.Number-1, name) }
		model := definition.Model{
			Number: m.Number, Namespaces: m.Namespaces, Format: m.Format,
			Removed:   filter(m.Removed, before),
			Encrypted: filter(m.Encrypted, here), AAD: filter(m.AAD, here),
		}
		for _, c := range m.Computed {
			if here(c.Name) {
				model.Computed = append(model.Computed, definition.Compute{Name: c.Name, Inputs: filter(c.Inputs, before)})
			}
		}
		for _, r := range m.Renamed {
			if here(r.New) && before(r.Old) {
				model.Renamed = append(model.Renamed, r)
			}
		}
		for _, b := range m.Backfill {
			if here(b.Name) {
				model.Backfill = append(model.Backfill, b)
			}
		}
		for _, at := range m.Attributes {
			if here(at.Name) {
				model.Attributes = append(model.Attributes, definition.Attribute{Name: at.Name, Optional: at.Optional, Default: at.Default, Value: at.Value})
			}
		}
		out.Models = append(out.Models, model)
	}
	for _, name := range t.Exposes {
		if slices.ContainsFunc(t.Models, func(m definition.Model) bool { return keeps(m.Number, name) }) {
			out.Exposes = append(out.Exposes, name)
		}
	}
	return out
}

func filter(names []string, keep func(string) bool) []string {
	var kept []string
	for _, name := range names {
		if keep(name) {
			kept = append(kept, name)
		}
	}
	return kept
}

// key is a key of the simulator. It costs nothing: the AES key is the salt under a
// mask, which is secret enough for a simulation.
type key struct {
	id   string
	mask byte
}

func (k key) ID() string { return k.id }

func (k key) DeriveKibana(_ context.Context, salt []byte) ([]byte, error) {
	derived := make([]byte, 32)
	for i := range derived {
		derived[i] = salt[i] ^ k.mask
	}
	return derived, nil
}

func (k key) MAC(_ context.Context, message []byte) (sum [32]byte, err error) {
	h := hmac.New(sha256.New, bytes.Repeat([]byte{k.mask}, 32))
	h.Write(message)
	return [32]byte(h.Sum(nil)), nil
}

// ring returns a keyring of keys.
func ring(primary eso.Key, others ...eso.Key) eso.Keyring {
	keys, err := eso.NewKeyringOf(primary, others...)
	if err != nil {
		panic(err) // the ids of keys are constants
	}
	return keys
}

// Keys may change at any time; the simulator changes them at the last moment, when
// a document is rotated.
var (
	newKey, oldKey = key{"new", 0x36}, key{"old", 0x5c}

	oldRing  = ring(oldKey)         // until then
	liveRing = ring(newKey, oldKey) // during the rotation, and whenever it does not matter
	newRing  = ring(newKey)         // once the old key is gone
)
