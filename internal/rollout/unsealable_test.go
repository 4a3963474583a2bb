package rollout

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/esogen/esogen/internal/definition"
)

// TestUnsealableComputed: a function may give any value too.
func TestUnsealableComputed(t *testing.T) {
	t.Parallel()
	anything := definition.Value{Kind: definition.JSON}
	for _, c := range []struct {
		format definition.Format
		role   definition.Role
		value  definition.Value
		sealed bool
	}{
		{definition.Native, definition.Bound, anything, false},
		{definition.Native, definition.Encrypted, anything, true},
		{definition.Native, definition.Plain, anything, true},
		{definition.Kibana, definition.Bound, anything, false},
		{definition.Kibana, definition.Encrypted, definition.Value{Kind: definition.List, Elem: &anything}, false},
		{definition.Kibana, definition.Plain, anything, true},
		{definition.Native, definition.Bound, definition.Value{Kind: definition.String}, true},
	} {
		before, after := with(model("token", "owner", "token", "owner", "url"), inFormat(c.format)), with(model("token", "owner"), inFormat(c.format))
		after.Declared = []definition.Attribute{{Name: "host", Value: c.value}}
		after.Computed = []definition.Compute{{Name: "host", Inputs: []string{"url"}}}
		take(&after, "host", c.role)
		stage := stages(before, after)
		assert.Empty(t, dump(verdict(t, stage[0])))
		v := verdict(t, stage[1])
		if c.sealed {
			assert.Empty(t, dump(v), "%v", c)
			continue
		}
		assert.Equal(t, `0 unsealable "host" new`, summary(v), "%v\n%s", c, dump(v))
	}
}

// TestUnsealable: what any value may be is not what every format seals.
func TestUnsealable(t *testing.T) {
	t.Parallel()
	anything := definition.Value{Kind: definition.JSON}
	list := definition.Value{Kind: definition.List}
	for name, v := range map[string]definition.Value{
		"any value": anything, "a list": list, "a map of lists": {Kind: definition.Map, Elem: &list},
		"a part": structOf([]definition.Attribute{{Name: "a", Value: definition.Value{Kind: definition.String}}, {Name: "b", Optional: true, Value: anything}}),
	} {
		with := func(f definition.Format, role definition.Role) definition.Model {
			m := with(model("token", "owner", "token", "owner"), inFormat(f))
			m.Declared = append(m.Declared, definition.Attribute{Name: "extra", Optional: true, Value: v})
			take(&m, "extra", role)
			return m
		}
		next := func(f definition.Format, role definition.Role) definition.Model {
			m := with(f, role)
			m.Declared = nil
			return m
		}
		const kibana, native, plain, bound, secret = definition.Kibana, definition.Native, definition.Plain, definition.Bound, definition.Encrypted
		for _, c := range []struct {
			before, after definition.Model
			sealed        bool
		}{
			{with(native, plain), next(native, bound), false},
			{with(native, secret), next(native, bound), false},
			{with(kibana, bound), next(native, bound), false},
			{with(kibana, plain), next(kibana, bound), false},
			{with(kibana, plain), next(kibana, secret), false},
			{with(native, bound), next(kibana, bound), false},
			{with(native, secret), next(kibana, secret), false},
			{with(native, plain), next(native, secret), true},
			{with(native, bound), next(native, secret), true},
			{with(kibana, secret), next(native, secret), true},
			{with(kibana, secret), next(kibana, bound), true},
			{with(native, plain), next(kibana, plain), true},
		} {
			stage := stages(c.before, c.after)
			what := fmt.Sprint(name, " ", c.before.Format, c.before.Role("extra"), " to ", c.after.Format, c.after.Role("extra"))
			assert.Empty(t, dump(verdict(t, stage[0])), what)
			v := verdict(t, stage[1])
			if c.sealed {
				assert.Empty(t, dump(v), what)
				continue
			}
			assert.Contains(t, summary(v), `0 unsealable "extra" new`, what)
			for _, f := range v.Findings {
				assert.Equal(t, Unsealable, f.Kind, "%s\n%s", what, dump(v))
			}
		}
	}
}
