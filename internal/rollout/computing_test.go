package rollout

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
)

// computes has a model compute an attribute from some of the model before.
func computes(declaration string, inputs ...string) modelWith {
	return func(m *definition.Model) {
		at := has(declaration)[0]
		m.Declared = append(m.Declared, at)
		m.Computed = append(m.Computed, definition.Compute{Name: at.Name, Inputs: inputs})
	}
}

// TestComputedInputs: whichever input an older release can change, the change is
// found, and announced first it is safe.
func TestComputedInputs(t *testing.T) {
	t.Parallel()
	base := model("token", "owner", "token", "owner", "note", "mark?", "count:int", "flag:bool|null")
	same := model("token", "owner")
	filled := with(model("token", "owner", "more"), backfill("more", `"some"`))
	secret := model("token more", "owner", "more?")
	two := func(first string) []definition.Model {
		return []definition.Model{base, filled, with(same, computes("made", first, "note"))}
	}
	var many definition.Model
	var names []string
	many = model("token", "owner", "token", "owner")
	for i := range 9 {
		names = append(names, fmt.Sprint("n", i))
		many.Declared = append(many.Declared, has(names[i]+[]string{"", "?", ":int"}[i%3])...)
	}
	several := model("token", "owner")
	for i := range 7 {
		several = with(several, computes(fmt.Sprint("made", i), "more", names[i]))
	}
	added := model("token", "owner", "more")
	added = with(added, backfill("more", `"some"`))
	for _, c := range []struct {
		name   string
		models []definition.Model
		stale  string
	}{
		{"the second input", two("owner"), "made"},
		{"the first input is a secret", []definition.Model{base, filled, with(model("token made", "owner"), computes("made", "token", "note"))}, "made"},
		{"the first input is backfilled", two("more"), "made"},
		{"the first input is an optional secret of an announced model", []definition.Model{base, secret, with(model("token more made", "owner"), computes("made", "more", "note"))}, "made"},
		{"an optional input", []definition.Model{base, filled, with(same, computes("made?:bool", "more", "mark"))}, "made"},
		{"a number", []definition.Model{base, filled, with(same, computes("made:bool", "more", "count"))}, "made"},
		{"a nullable bool", []definition.Model{base, filled, with(same, computes("made:int|null", "more", "flag"))}, "made"},
		{"a chain", []definition.Model{base, with(filled, computes("one", "count", "note")), with(same, computes("two", "more", "one"))}, "two"},
		{"a longer chain", []definition.Model{base, with(filled, computes("one", "note")), with(same, computes("two", "more", "one")), with(same, computes("three", "more", "two"))}, "three"},
		{"many inputs", []definition.Model{many, added, with(same, computes("made", append([]string{"more"}, names...)...))}, "made"},
		{"many functions", []definition.Model{many, added, several}, "made6"},
	} {
		for _, f := range []definition.Format{definition.Kibana, definition.Native} {
			t.Run(c.name+" "+string(f), func(t *testing.T) {
				t.Parallel()
				var models []definition.Model
				for _, m := range c.models {
					models = append(models, with(m, inFormat(f)))
				}
				last := len(models)
				// The running release knows all models but the last.
				running, announces, writes := typeOf(1, models[:last-1]...), typeOf(1, models...), typeOf(last, models...)
				valid(t, writes)
				v, err := Judge(t.Context(), Case{History: []Release{{Name: "v1", Type: running}}, New: Release{Type: writes}})
				require.NoError(t, err)
				assert.Contains(t, strings.Split(summary(v), "\n"), fmt.Sprintf("6 computed-stale %q new", c.stale))
				v, err = Judge(t.Context(), Case{History: []Release{{Name: "v1", Type: running}}, New: Release{Type: announces}})
				require.NoError(t, err)
				assert.Empty(t, dump(v), "announced")
				v, err = Judge(t.Context(), Case{History: []Release{{Name: "v1", Type: running}, {Name: "v2", Type: announces}}, New: Release{Type: writes}})
				require.NoError(t, err)
				assert.Empty(t, dump(v), "written")
				assert.True(t, v.Complete)
			})
		}
	}
}

// TestComputedFixed: of a function that takes what the running release cannot
// change, nothing is stale.
func TestComputedFixed(t *testing.T) {
	t.Parallel()
	base := with(model("token", "owner", "token", "owner"), inFormat(definition.Native))
	filled := with(with(model("token", "owner", "more"), backfill("more", `"some"`)), inFormat(definition.Native))
	made := with(with(model("token", "owner"), computes("made", "more")), inFormat(definition.Native))
	v := verdict(t, Case{History: []Release{{Name: "v1", Type: typeOf(1, base, filled)}}, New: Release{Type: typeOf(3, base, filled, made)}})
	assert.Empty(t, dump(v))
}

// TestComputedChainCost: a chain of computed attributes is decided within the
// bound.
func TestComputedChainCost(t *testing.T) {
	t.Parallel()
	models := []definition.Model{model("token", "owner", "token", "owner", "n0")}
	for i := range 12 {
		models = append(models, with(model("token", "owner"), computes(fmt.Sprintf("n%d", i+1), fmt.Sprintf("n%d", i))))
	}
	v := verdict(t, Case{History: []Release{{Name: "v1", Type: typeOf(1, models[:6]...)}}, New: Release{Type: typeOf(12, models...)}})
	assert.Less(t, v.Moves, MaxMoves/2)
	assert.Contains(t, summary(v), `6 computed-stale "n6" new`)
}

// TestComputedFromBackfill: what one step fills in for an input and computes from
// it agree.
func TestComputedFromBackfill(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"true", "false"} {
		one := model("token", "owner", "token", "owner", "mark?:bool", "note")
		two := with(with(model("token", "owner", "mark:bool"), backfill("mark", value)), computes("made", "mark", "note"))
		for i, c := range stages(one, two) {
			assert.Empty(t, dump(verdict(t, c)), "%s, stage %d", value, i+1)
		}
	}
}

// TestComputedInputsDiffer: golden files of the first format say of a function
// that it takes all attributes. What the specs say counts.
func TestComputedInputsDiffer(t *testing.T) {
	t.Parallel()
	for _, f := range []definition.Format{definition.Kibana, definition.Native} {
		base := with(model("token", "owner", "token", "owner", "note", "mark?"), inFormat(f))
		old := with(with(model("token", "owner"), computes("made", "token", "owner", "note", "mark")), inFormat(f))
		now := with(with(model("token", "owner"), computes("made", "note", "owner")), inFormat(f))
		announces, writes := typeOf(1, base, old), typeOf(2, base, now)
		v := verdict(t, Case{History: []Release{{Name: "v1", Type: announces}}, New: Release{Type: writes}})
		assert.Empty(t, dump(v), string(f))
	}
}
