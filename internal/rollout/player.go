package rollout

import (
	"slices"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/runtimedef"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esotest"
)

// player is a release in a play.
type player struct {
	release Release
	title   string           // what a trace calls it
	unnamed bool             // the case does not name it
	typ     *definition.Type // the definition, of the facts of the play
	def     *eso.Definition
	fields  []field
	ops     operations
}

// field is a field of a player's objects.
type field struct {
	definition.Field
	fact    int           // of the play
	place   place         // in the write model
	shape   esotest.Shape // the Go type
	writes  []int         // the tokens that the release may write there
	varied  bool          // tried absent and null too
	exposed bool          // the normal read shows it
	names   []string      // what the announced models call it, in order; they end where one drops it

	shown map[string]shown // by text
	edits map[int][]change // by token
}

// shown is what a Go type shows of a nested value.
type shown struct {
	text    string
	missing esotest.Path // to a part that it requires, and that is not there
}

func (f *field) show(text string) shown {
	s, ok := f.shown[text]
	if !ok {
		s = shown{f.shape.Shown(text), f.shape.Missing(text)}
		f.shown[text] = s
	}
	return s
}

// newPlayer makes a release ready to play.
func (p *play) newPlayer(r Release, title string, wrap func(operations) operations) *player {
	typ := p.atlas.project(r.Type, p.cast)
	pl := &player{release: r, title: title, typ: typ}
	pl.def = p.runtimeDefinition(typ)
	fields := definition.Fields(typ)
	for _, f := range fields {
		at := place{typ.Write, f.Name}
		local := field{Field: f, fact: p.local[at], place: at, shape: goType(f.Value), shown: map[string]shown{}, edits: map[int][]change{}, exposed: slices.Contains(typ.Exposes, f.Name)}
		local.varied = p.varied[local.fact]
		for i, text := range p.tokens[local.fact].texts[p.tokens[local.fact].forms[at]] {
			if writable(f.Value, f.Narrow, text) && p.tokens[local.fact].converts(at, i) {
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
		pl.fields = append(pl.fields, local)
	}
	pl.ops = newCodec(fields, pl.def)
	if wrap != nil {
		pl.ops = wrap(pl.ops)
	}
	return pl
}

// runtimeDefinition makes what the runtime works from, with stand-ins for the
// functions of the product.
func (p *play) runtimeDefinition(typ *definition.Type) *eso.Definition {
	d := runtimedef.Of(typ)
	d.RandomID = false
	for i := range typ.Models {
		m := &typ.Models[i]
		for k, r := range m.Renamed {
			if !r.Convert {
				continue
			}
			from, to := place{m.Number - 1, r.Old}, place{m.Number, r.New}
			t := p.tokens[p.local[to]]
			d.Models[i].Renamed[k].Up, d.Models[i].Renamed[k].Down = t.convert(from, to), t.convert(to, from)
		}
		for k, c := range m.Computed {
			d.Models[i].Computed[k].From = p.stand(p.function(place{m.Number, c.Name}), c.Inputs)
		}
	}
	return d
}

// computes reports whether creation computes a field that it is not given: a
// model has a function for it, and none drops what the function takes.
func (pl *player) computes(f *field) bool {
	for i := 1; i < pl.typ.Write; i++ {
		m := &pl.typ.Models[i]
		for _, c := range m.Computed {
			dropped := func(input string) bool {
				_, kept := pl.typ.NameAt(input, m.Number-1, pl.typ.Write)
				return !kept
			}
			made, kept := pl.typ.NameAt(c.Name, m.Number, pl.typ.Write)
			if kept && made == f.Name && !slices.ContainsFunc(c.Inputs, dropped) {
				return true
			}
		}
	}
	return false
}

// knows tells whether the release has the model.
func (pl *player) knows(model int) bool { return model <= len(pl.typ.Models) }

// sets returns the model by whose sets the release opens and seals a document.
func (pl *player) sets(model int) *definition.Model {
	return &pl.typ.Models[min(model, len(pl.typ.Models))-1]
}

// excused tells whether the document's model, as far as the release knows it,
// drops the field.
func (pl *player) excused(f *field, model int) bool {
	steps := min(model, len(pl.typ.Models)) - pl.typ.Write
	return steps > len(f.names)
}
