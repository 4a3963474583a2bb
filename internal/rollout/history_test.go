package rollout

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
)

func verdict(t *testing.T, c Case) Verdict {
	t.Helper()
	for _, r := range c.History {
		valid(t, r.Type)
	}
	valid(t, c.New.Type)
	v, err := Judge(t.Context(), c)
	require.NoError(t, err)
	assert.True(t, v.Complete)
	return v
}

// TestConnectorToken plays the history of docs/worked-example.md.
func TestConnectorToken(t *testing.T) {
	t.Parallel()
	before, after := connectorToken()
	v := verdict(t, oneStep(before, after))
	assert.Contains(t, summary(v), `1 bound-differs "refreshTokenExpiresAt" v1 (running)`)
	assert.Contains(t, summary(v), `1 required-missing "expiresAt" v1 (running)`)
	assert.Contains(t, summary(v), `1 stranded "refreshToken" new`)
	for _, f := range v.Findings {
		assert.Equal(t, "v1", f.Baseline)
		assert.False(t, f.Announced)
		if f.Kind == BoundDiffers {
			assert.Equal(t, Aspect{Model: 1}, f.Before)
			assert.Equal(t, Aspect{Present: true, Model: 2, Name: "refreshTokenExpiresAt", Role: definition.Bound}, f.After)
			assert.Equal(t, "token", f.Secret)
			assert.Len(t, f.Trace, 2)
		}
	}
	for i, c := range stages(before, after) {
		assert.Empty(t, dump(verdict(t, c)), "stage %d", i+1)
	}
}

// TestSkippedStage skips a stage of the history. It has announced nothing: only the
// running release counts.
func TestSkippedStage(t *testing.T) {
	t.Parallel()
	before, after := connectorToken()
	c := Case{
		History: []Release{{Name: "v1", Type: typeOf(1, before, after)}, {Name: "v2", Type: typeOf(1, before)}},
		New:     Release{Type: typeOf(2, before, after)},
	}
	assert.NotEmpty(t, verdict(t, c).Findings)
}

// TestThreeReleases plays documents of a model that was written two releases ago.
func TestThreeReleases(t *testing.T) {
	t.Parallel()
	m1 := model("token", "owner", "token", "owner", "note")
	m2 := model("token", "owner note", "more?")
	m3 := with(model("token more", "owner note"), renamed("text", "note", false))
	m3.AAD = []string{"owner", "text"}
	releases := []Release{
		{Name: "v1", Type: typeOf(1, m1)},
		{Name: "v2", Type: typeOf(1, m1, m2)},
		{Name: "v3", Type: typeOf(2, m1, m2)},
		{Name: "v4", Type: typeOf(2, m1, m2, m3)},
		{Name: "v5", Type: typeOf(3, m1, m2, m3)},
	}
	for i := 1; i < len(releases); i++ {
		c := Case{History: releases[:i], New: releases[i]}
		assert.Empty(t, dump(verdict(t, c)), "up to %s", releases[i].Name)
	}
	// v2 left out, then v4.
	for _, skipped := range []int{1, 3} {
		var history []Release
		history = append(append(history, releases[:skipped]...), releases[skipped+1:]...)
		last := len(history) - 1
		if skipped == 1 {
			last = 1
		}
		v := verdict(t, Case{History: history[:last], New: history[last]})
		assert.NotEmpty(t, v.Findings, "without %s", releases[skipped].Name)
	}
}

// TestRolledBackRelease: documents of a model that a release wrote and took
// away with it, when it was rolled back, are still there.
func TestRolledBackRelease(t *testing.T) {
	t.Parallel()
	m1, m2 := model("token", "owner", "token", "owner"), model("token", "owner more", "more?")
	v := verdict(t, Case{
		History: []Release{{Name: "v1", Type: typeOf(1, m1, m2)}, {Name: "v2", Type: typeOf(2, m1, m2)}, {Name: "v3", Type: typeOf(1, m1)}},
		New:     Release{Type: typeOf(1, m1)},
	})
	require.NotEmpty(t, v.Findings)
	assert.Equal(t, BoundDiffers, v.Findings[0].Kind)
	assert.Equal(t, "v2", v.Findings[0].From)
	assert.Contains(t, v.Findings[0].Lines[0], "v2 (earlier) creates a document of model 2")
}

// TestBackAndForth: a change that is announced in each direction.
func TestBackAndForth(t *testing.T) {
	t.Parallel()
	plain := model("token", "owner", "token", "owner", "note?")
	sealed := model("token note", "owner")
	back := model("token", "owner")
	releases := []Release{
		{Name: "v1", Type: typeOf(1, plain, sealed)}, {Name: "v2", Type: typeOf(2, plain, sealed)},
		{Name: "v3", Type: typeOf(2, plain, sealed, back)}, {Name: "v4", Type: typeOf(3, plain, sealed, back)},
	}
	for i := 1; i < len(releases); i++ {
		assert.Empty(t, dump(verdict(t, Case{History: releases[:i], New: releases[i]})), "up to %s", releases[i].Name)
	}
}

// TestTwoChanges: a safe change does not hide another.
func TestTwoChanges(t *testing.T) {
	t.Parallel()
	v := verdict(t, oneStep(model("token", "owner", "token", "owner", "note?"), model("token", "owner note", "more?")))
	assert.Contains(t, summary(v), `1 bound-differs "note" v1 (running)`)
	assert.NotContains(t, summary(v), "more")
	v = verdict(t, oneStep(model("token", "owner", "token", "owner", "note?"), with(model("token", "owner more", "more?"), removed("note"))))
	assert.Contains(t, summary(v), `1 bound-differs "more" v1 (running)`)
	assert.Contains(t, summary(v), `2 lost "note" v1 (running)`)
}

// TestOldest: a release may not stop opening what another one writes; what is
// left below is a condition.
func TestOldest(t *testing.T) {
	t.Parallel()
	m1, m2 := model("token", "owner", "token", "owner"), model("token", "owner", "more?")
	raised := typeOf(2, m1, m2)
	raised.Oldest = 2
	v := verdict(t, Case{History: []Release{{Name: "v1", Type: typeOf(1, m1, m2)}}, New: Release{Type: raised}})
	assert.Equal(t, `1 model-refused "" new`, summary(v))
	v = verdict(t, Case{History: []Release{{Name: "v1", Type: typeOf(1, m1, m2)}, {Name: "v2", Type: typeOf(2, m1, m2)}}, New: Release{Type: raised}})
	assert.Empty(t, dump(v))
	require.Len(t, v.Conditions, 1)
	assert.Equal(t, NoneBelowOldest, v.Conditions[0].Name)
	assert.Equal(t, 2, v.Conditions[0].Model)
}

// TestToNative takes a type from the kibana format to the native one, and lets
// go of the old model at last.
func TestToNative(t *testing.T) {
	t.Parallel()
	m1 := with(model("token", "owner", "token", "owner", "note"), inFormat(definition.Kibana))
	m2 := with(model("token", "owner note", "more?"), inFormat(definition.Native))
	raised := typeOf(2, m1, m2)
	raised.Oldest = 2
	releases := []Release{{Name: "v1", Type: typeOf(1, m1)}, {Name: "v2", Type: typeOf(1, m1, m2)}, {Name: "v3", Type: typeOf(2, m1, m2)}, {Name: "v4", Type: raised}}
	for i := 1; i < len(releases); i++ {
		v := verdict(t, Case{History: releases[:i], New: releases[i]})
		assert.Empty(t, dump(v), "up to %s", releases[i].Name)
		if i == 3 {
			require.Len(t, v.Conditions, 1)
			assert.Equal(t, Condition{NoneBelowOldest, 2, v.Conditions[0].Message}, v.Conditions[0])
		}
	}
	// Before v3 writes the new model, v2 still leaves documents of the old one.
	v := verdict(t, Case{History: releases[:2], New: releases[3]})
	assert.Equal(t, `1 model-refused "" v4 (new)`, summary(v))
	// Back from v3 to v1, which knows no seal.
	v = verdict(t, Case{History: releases[:3], New: releases[0]})
	assert.Contains(t, summary(v), `1 format-differs "" v1 (new)`)
}

// TestNativeStages plays a chain of releases in the native format that announce only
// what they must in that format.
func TestNativeStages(t *testing.T) {
	t.Parallel()
	in := inFormat(definition.Native)
	m1 := with(model("token", "owner", "token", "owner", "note?"), in)
	m2 := with(model("token more", "owner note", "more?"), in) // adds a secret, binds a plain attribute
	m3 := with(model("token more note", "owner"), in)          // and encrypts it
	releases := []Release{
		{Name: "v1", Type: typeOf(1, m1)}, {Name: "v2", Type: typeOf(2, m1, m2)}, {Name: "v3", Type: typeOf(2, m1, m2, m3)}, {Name: "v4", Type: typeOf(3, m1, m2, m3)},
	}
	for i := 1; i < len(releases); i++ {
		assert.Empty(t, dump(verdict(t, Case{History: releases[:i], New: releases[i]})), "up to %s", releases[i].Name)
	}
	v := verdict(t, Case{History: releases[:2], New: releases[3]})
	assert.Equal(t, "1 not-sealed \"note\" v4 (new)\n2 stale \"note\" v2 (running)\n3 plaintext \"note\" v4 (new)", summary(v))
	assert.Contains(t, dump(v), "a normal read does not show what opening shows: it is a secret in the document")
}

func TestUniqueIDs(t *testing.T) {
	t.Parallel()
	m1 := with(model("token", "owner", "token", "owner"), namespaces(definition.Single))
	m2 := with(model("token", "owner"), namespaces(definition.Agnostic))
	for i, c := range stages(m1, m2) {
		v := verdict(t, c)
		assert.Empty(t, dump(v))
		if i == 1 {
			require.Len(t, v.Conditions, 1)
			assert.Equal(t, UniqueIDs, v.Conditions[0].Name)
		}
	}
}

// TestConstraints: enums, bounds and patterns may change in any way, since
// reads do not enforce them.
func TestConstraints(t *testing.T) {
	t.Parallel()
	limits := func(edit func(*definition.Value)) modelWith {
		return func(m *definition.Model) {
			at := has("level")[0]
			edit(&at.Value)
			m.Declared = append(m.Declared, at)
		}
	}
	one, three := 1, 3
	values := []modelWith{
		limits(func(v *definition.Value) {}),
		limits(func(v *definition.Value) { v.Enum = []string{`"a"`, `"b"`} }),
		limits(func(v *definition.Value) { v.Enum = []string{`"c"`} }),
		limits(func(v *definition.Value) { v.MinLength, v.MaxLength = &one, &three }),
		limits(func(v *definition.Value) { v.Patterns = []string{"^x+$"} }),
	}
	for i, before := range values {
		for k, after := range values {
			c := oneStep(with(model("token", "level", "token"), before), with(model("token", "level"), after))
			assert.Empty(t, dump(verdict(t, c)), "%d to %d", i, k)
		}
	}
}

// TestExposed: exposing a secret, or no longer, breaks no promise.
func TestExposed(t *testing.T) {
	t.Parallel()
	m := model("token", "owner", "token", "owner")
	shown, hidden := typeOf(1, m), typeOf(1, m)
	shown.Exposes = []string{"token"}
	for _, c := range []Case{
		{History: []Release{{Name: "v1", Type: hidden}}, New: Release{Type: shown}},
		{History: []Release{{Name: "v1", Type: shown}}, New: Release{Type: hidden}},
	} {
		assert.Empty(t, dump(verdict(t, c)))
	}
}

// TestEditedModel: a released model that was edited in place is played as it
// is.
func TestEditedModel(t *testing.T) {
	t.Parallel()
	c := Case{
		History: []Release{{Name: "v1", Type: typeOf(1, model("token", "owner", "token", "owner", "note"))}},
		New:     Release{Type: typeOf(1, model("token", "owner note", "token", "owner", "note"))},
	}
	v := verdict(t, c)
	assert.Contains(t, summary(v), `1 bound-differs "note" new`)
	assert.Contains(t, summary(v), `1 bound-differs "note" v1 (running)`)
}

// TestNothingToPlay: types that are new, gone, or the same.
func TestNothingToPlay(t *testing.T) {
	t.Parallel()
	m := model("token", "owner", "token", "owner")
	gone := typeOf(1, m)
	gone.Retired = true
	for name, c := range map[string]Case{
		"no history": {New: Release{Type: typeOf(1, m)}},
		"new type":   {History: []Release{{Name: "v1", Type: nil}}, New: Release{Type: typeOf(1, m)}},
		"unchanged":  {History: []Release{{Name: "v1", Type: typeOf(1, m)}, {Name: "v2", Type: typeOf(1, m)}}, New: Release{Type: typeOf(1, m)}},
		"never":      {History: []Release{{Name: "v1", Type: nil}}},
		"gone":       {History: []Release{{Name: "v1", Type: typeOf(1, m)}}},
		"retired":    {History: []Release{{Name: "v1", Type: typeOf(1, m)}}, New: Release{Type: gone}},
		"came back":  {History: []Release{{Name: "v1", Type: typeOf(1, m)}, {Name: "v2", Type: nil}}, New: Release{Type: typeOf(1, m)}},
	} {
		assert.Empty(t, dump(verdict(t, c)), name)
	}
}

// TestCrowd changes many attributes alike: a few represent all of them.
func TestCrowd(t *testing.T) {
	t.Parallel()
	var added, bound []string
	for i := range 20 {
		added = append(added, fmt.Sprintf("b%d?", i))
		bound = append(bound, fmt.Sprintf("b%d", i))
	}
	v := verdict(t, oneStep(model("token", "owner", "token", "owner"), model("token", "owner "+strings.Join(bound, " "), added...)))
	require.Len(t, v.Findings, len(bound))
	for _, f := range v.Findings {
		assert.Equal(t, BoundDiffers, f.Kind)
		assert.Contains(t, bound, f.Attribute)
		assert.Equal(t, f.Attribute, f.After.Name)
	}
}

// TestHidden: what breaks for one attribute hides nothing of what breaks for
// another, so that an exception for the one accepts nothing for the other.
func TestHidden(t *testing.T) {
	t.Parallel()
	changes := map[string]func(*definition.Model){
		"key":   func(m *definition.Model) { m.Removed, m.Encrypted = append(m.Removed, "key"), []string{"token"} },
		"url":   func(m *definition.Model) { m.Removed = append(m.Removed, "url") },
		"note":  func(m *definition.Model) { m.Removed = append(m.Removed, "note") },
		"label": func(m *definition.Model) { m.Declared = append(m.Declared, has("label:string|null")...) },
		"size":  func(m *definition.Model) { m.Declared = append(m.Declared, has("size?")...) },
	}
	for _, format := range []definition.Format{definition.Native, definition.Kibana} {
		for one, change := range changes {
			for other, second := range changes {
				if one >= other {
					continue
				}
				before, after := model("token key", "owner", "token", "owner", "key?", "url", "note?", "label", "size"), model("token key", "owner")
				before.Format, after.Format = format, format
				change(&after)
				second(&after)
				found := map[string]bool{}
				for _, f := range verdict(t, oneStep(before, after)).Findings {
					found[f.Attribute] = true
				}
				assert.Equal(t, map[string]bool{one: true, other: true}, found, "%s", format)
			}
		}
	}
}

// TestWithdrawn: a withdrawn release has announced nothing, and its documents
// are still there.
func TestWithdrawn(t *testing.T) {
	t.Parallel()
	m1, m2 := model("token", "owner", "token", "owner", "note?"), model("token", "owner note")
	one := Release{Name: "v1", Type: typeOf(1, m1)}
	announces, writes := typeOf(1, m1, m2), typeOf(2, m1, m2)

	v := verdict(t, Case{History: []Release{one, {Name: "v2", Type: announces}}, New: Release{Type: writes}})
	assert.Empty(t, dump(v))
	v = verdict(t, Case{History: []Release{one, {Name: "v2", Type: announces, Withdrawn: true}}, New: Release{Type: writes}})
	assert.Contains(t, summary(v), `1 bound-differs "note" v1 (running)`)

	v = verdict(t, Case{History: []Release{one, {Name: "v2", Type: writes, Withdrawn: true}}, New: Release{Type: announces}})
	require.NotEmpty(t, v.Findings)
	assert.Equal(t, "v1", v.Findings[0].Baseline)
	assert.Contains(t, v.Findings[0].Lines[0], "v2 (withdrawn) creates a document of model 2")
	v = verdict(t, Case{History: []Release{{Name: "v2", Type: writes, Withdrawn: true}}, New: Release{Type: typeOf(1, m1)}})
	assert.Contains(t, summary(v), `1 bound-differs "note" new`)
	assert.Equal(t, "", v.Findings[0].Baseline)
}

// TestDocumentsBelow: documents of every model are played, whether or not the
// release that wrote them is named.
func TestDocumentsBelow(t *testing.T) {
	t.Parallel()
	part := func(declarations ...string) modelWith {
		return func(m *definition.Model) {
			m.Declared = append(m.Declared, definition.Attribute{Name: "config", Value: structOf(has(declarations...))})
		}
	}
	sets := model("token", "owner")
	m1 := with(model("token", "owner", "token", "owner"), part("u?", "z?"))
	m2, m3 := with(sets, part("z?")), with(sets, part("z?", "u?:int"))
	running, announces, writes := typeOf(2, m1, m2), typeOf(2, m1, m2, m3), typeOf(3, m1, m2, m3)

	v := verdict(t, Case{History: []Release{{Name: "v2", Type: running}}, New: Release{Type: announces}})
	assert.Empty(t, dump(v))
	v = verdict(t, Case{History: []Release{{Name: "v2", Type: running}, {Name: "v3", Type: announces}}, New: Release{Type: writes}})
	assert.Equal(t, `1 unreadable "config" new`, summary(v))
	assert.Equal(t, "", v.Findings[0].From)
	assert.Contains(t, v.Findings[0].Lines[0], "a release that writes model 1 creates a document of model 1 with config")

	// Nobody opens documents below the oldest model, and a scan has found none; but
	// those that were migrated from there still have the part.
	raised := typeOf(3, m1, m2, m3)
	raised.Oldest = 2
	v = verdict(t, Case{History: []Release{{Name: "v3", Type: announces}}, New: Release{Type: raised}})
	assert.Equal(t, `1 unreadable "config" new`, summary(v))
	assert.Contains(t, v.Findings[0].Lines[1], "a release that writes model 2 migrates it")

	// A withdrawn release wrote a model that the running one does not write.
	v = verdict(t, Case{History: []Release{{Name: "v2", Type: typeOf(1, m1, m2)}, {Name: "v3", Type: running, Withdrawn: true}}, New: Release{Type: typeOf(1, m1, m2)}})
	assert.Empty(t, dump(v))
}
