package codec

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/fault"
)

// stored is the sample with its secrets, as the operations hand it over.
func stored(t testing.TB) Members {
	t.Helper()
	ms, err := ParseMembers(sample)
	require.NoError(t, err)
	return append(ms,
		Member{Name: "token", Raw: `"s3\u0063ret"`, Secret: true},
		Member{Name: "key", Raw: `"AAEC"`, Secret: true},
		Member{Name: "pin", Raw: `null`, Secret: true},
		Member{Name: "config", Raw: `{"params":{"units":[ "u" ],"size":1,"new":{}},"name":"s3cret","enabled":false,"weight":1,"inner":{"size":0,"units":[]}}`, Secret: true},
	)
}

func openStored(t testing.TB, ms Members) *everything {
	t.Helper()
	var e everything
	d := NewReader(ms)
	e.read(d)
	require.NoError(t, d.Err())
	return &e
}

// update lets work change the stored object, and returns the changes.
func update(t testing.TB, work func(*everything)) ([]Delta, error) {
	t.Helper()
	ms := stored(t)
	e := openStored(t, ms)
	work(e)
	w := NewWriter(ms)
	e.write(w)
	return w.deltas()
}

func TestNothingChanged(t *testing.T) {
	changes, err := update(t, func(*everything) {})
	require.NoError(t, err)
	assert.Empty(t, changes, "not even what breaks the rules")
}

// Values that mean the same are not changes, however they are spelt.
func TestSameMeaning(t *testing.T) {
	changes, err := update(t, func(e *everything) {
		e.At = e.At.In(time.FixedZone("", 5*3600)).Add(0)
		e.Every = time.Hour + 30*time.Minute
		e.Blob = slices.Clone(e.Blob)
		e.Tags = []string{"a", "/b"}
		e.Labels = map[string]int64{"a": 2, "z": 1}
		e.Grid = [][]float64{{1, 2}, nil}
		e.Note = new("")
		e.Maybe = []Null[int64]{{V: 17}, NotNull(int64(1))}
		e.Token = NewSecret("s3cret")
		e.Key = new(NewSecret([]byte{0, 1, 2}))
		e.Extra = &rule{Name: "e"}
	})
	require.NoError(t, err)
	assert.Empty(t, changes)
}

func TestUpdate(t *testing.T) {
	for name, c := range map[string]struct {
		work func(*everything)
		want []Delta
	}{
		"a string":    {func(e *everything) { e.Text = "new" }, []Delta{{Name: "text", Raw: `"new"`}}},
		"zero values": {func(e *everything) { e.Text, e.Flag, e.Count = "", false, 0 }, []Delta{{Name: "text", Raw: `""`}, {Name: "flag", Raw: `false`}, {Name: "count", Raw: `0`}}},
		"numbers": {func(e *everything) { e.Count, e.Big, e.Ratio = -3, math.MinInt64, 0.1 },
			[]Delta{{Name: "count", Raw: `-3`}, {Name: "big", Raw: `-9223372036854775808`}, {Name: "ratio", Raw: `0.1`}}},
		"times": {func(e *everything) { e.At, e.Every = e.At.Add(time.Nanosecond), time.Minute },
			[]Delta{{Name: "at", Raw: `"2026-01-02T02:04:05.000000001Z"`}, {Name: "every", Raw: `"1m0s"`}}},
		"bytes and JSON":     {func(e *everything) { e.Blob, e.Any = nil, ` {"a" : 1} ` }, []Delta{{Name: "blob", Raw: `""`}, {Name: "any", Raw: `{"a" : 1}`}}},
		"JSON left out":      {func(e *everything) { e.Any = "" }, []Delta{{Name: "any", Raw: `null`}}},
		"an item":            {func(e *everything) { e.Tags[0] = "A" }, []Delta{{Name: "tags", Raw: `["A","\/b"]`}}},
		"a new item":         {func(e *everything) { e.Tags = append(e.Tags, "c") }, []Delta{{Name: "tags", Raw: `["a","\/b","c"]`}}},
		"items gone":         {func(e *everything) { e.Tags, e.Grid = e.Tags[:1], nil }, []Delta{{Name: "tags", Raw: `["a"]`}, {Name: "grid", Raw: `[]`}}},
		"an item of an item": {func(e *everything) { e.Grid[0][1] = 5 }, []Delta{{Name: "grid", Raw: `[[1.0,5],[]]`}}},
		"names of a map": {func(e *everything) { delete(e.Labels, "z"); e.Labels["y"], e.Labels["b"] = 4, 3 },
			[]Delta{{Name: "labels", Raw: `{"a":2.0,"b":3,"y":4}`}}},
		"all of a map": {func(e *everything) { e.Labels = map[string]int64{"q\n": 1} }, []Delta{{Name: "labels", Raw: `{"q\n":1}`}}},
		"an empty map": {func(e *everything) { e.Labels = nil }, []Delta{{Name: "labels", Raw: `{}`}}},
		"a member": {func(e *everything) { e.Rule.Enabled = false },
			[]Delta{{Name: "rule", Raw: `{"weight":1.50,"future":{"x":[1 , 2]},"name":"r","enabled":false,"inner":{"size":3,"units":["m"],"later":0}}`}}},
		"a member that was absent": {func(e *everything) { e.Rule.Params = &params{} },
			[]Delta{{Name: "rule", Raw: `{"weight":1.50,"future":{"x":[1 , 2]},"name":"r","enabled":true,"inner":{"size":3,"units":["m"],"later":0},"params":{"size":0,"units":[]}}`}}},
		"a member of a member": {func(e *everything) { e.Rule.Inner.Note, e.Rule.Inner.Size = new("n"), 4 },
			[]Delta{{Name: "rule", Raw: `{"weight":1.50,"future":{"x":[1 , 2]},"name":"r","enabled":true,"inner":{"size":4,"units":["m"],"later":0,"note":"n"}}`}}},
		"another object": {func(e *everything) { e.Rule = rule{Name: "r", Weight: 1.5} },
			[]Delta{{Name: "rule", Raw: `{"weight":1.50,"name":"r","enabled":false,"inner":{"size":0,"units":[]}}`}}},
		"a member of an item": {func(e *everything) { e.Rules[1].Params.Size = 5 },
			[]Delta{{Name: "rules", Raw: `[{"name":"one","unknown":1,"enabled":false,"weight":0,"inner":{"size":0,"units":[]}},{"name":"two","enabled":true,"weight":2e0,"params":{"size":5,"units":[]},"inner":{"size":0,"units":[]}}]`}}},
		"an optional member gone": {func(e *everything) { e.Rules[1].Params = nil },
			[]Delta{{Name: "rules", Raw: `[{"name":"one","unknown":1,"enabled":false,"weight":0,"inner":{"size":0,"units":[]}},{"name":"two","enabled":true,"weight":2e0,"inner":{"size":0,"units":[]}}]`}}},
		"items change places": {func(e *everything) { slices.Reverse(e.Rules) },
			[]Delta{{Name: "rules", Raw: `[{"name":"two","enabled":true,"weight":2e0,"params":{"size":4,"units":[]},"inner":{"size":0,"units":[]}},{"name":"one","unknown":1,"enabled":false,"weight":0,"inner":{"size":0,"units":[]}}]`}}},
		"objects under names": {func(e *everything) {
			r := e.ByName["k2"]
			r.Enabled = false
			e.ByName["k2"] = r
			delete(e.ByName, "k1")
			e.ByName["k0"] = rule{}
		},
			[]Delta{{Name: "byName", Raw: `{"k2":{"name":"n","enabled":false,"weight":-0,"inner":{"size":0,"units":[]},"more":"x"},"k0":{"name":"","enabled":false,"weight":0,"inner":{"size":0,"units":[]}}}`}}},
		"optional ones gone": {func(e *everything) { e.Note, e.Ticks, e.Deadline, e.Extra = nil, nil, nil, nil },
			[]Delta{{Name: "note", Absent: true}, {Name: "ticks", Absent: true}, {Name: "deadline", Absent: true}, {Name: "extra", Absent: true}}},
		"null": {func(e *everything) {
			e.Deadline, e.Maybe[1], e.Choice = new(Null[time.Time]{}), Null[int64]{}, NotNull("")
		},
			[]Delta{{Name: "choice", Raw: `""`}, {Name: "deadline", Raw: `null`}, {Name: "maybe", Raw: `[null,null]`}}},
		"secrets": {func(e *everything) {
			e.Token, e.Key, e.Pin, e.Config = NewSecret("t"), new(NewSecret([]byte{})), NotNull(NewSecret(int64(4))), new(Null[Secret[rule]]{})
		}, []Delta{{Name: "token", Raw: `"t"`, secret: true}, {Name: "key", Raw: `""`, secret: true}, {Name: "pin", Raw: `4`, secret: true}, {Name: "config", Raw: `null`, secret: true}}},
		"secrets gone": {func(e *everything) { e.Key, e.Config = nil, nil }, []Delta{{Name: "key", Absent: true, secret: true}, {Name: "config", Absent: true, secret: true}}},
		"a member of a secret": {func(e *everything) {
			r, err := e.Config.V.Reveal()
			require.NoError(t, err)
			r.Params.Size = 2
			e.Config = new(NotNull(NewSecret(r)))
		}, []Delta{{Name: "config", Raw: `{"params":{"units":[ "u" ],"size":2,"new":{}},"name":"s3cret","enabled":false,"weight":1,"inner":{"size":0,"units":[]}}`, secret: true}}},
	} {
		changes, err := update(t, c.work)
		require.NoError(t, err, name)
		assert.Equal(t, c.want, changes, name)
	}
}

func TestChangesAreRefused(t *testing.T) {
	for want, work := range map[string]func(*everything){
		`attribute "level": want one of "low", "high"`:                                                      func(e *everything) { e.Level = "none" },
		`attribute "count": an integer beyond 2^53-1, which not every JSON reader keeps exact`:              func(e *everything) { e.Count = 1 << 53 },
		`attribute "labels": member "z": an integer beyond 2^53-1, which not every JSON reader keeps exact`: func(e *everything) { e.Labels["z"] = -1 << 53 },
		`attribute "ticks": item 2: an integer beyond 2^53-1, which not every JSON reader keeps exact`:      func(e *everything) { (*e.Ticks)[2] = 1 << 53 },
		`attribute "rule": member "weight": a number that JSON does not have`:                               func(e *everything) { e.Rule.Weight = math.NaN() },
		`attribute "rule": member "inner": member "units": item 1: a string that is not UTF-8`:              func(e *everything) { e.Rule.Inner.Units = []string{"m", "\xff"} },
		`attribute "extra": member "params": member "units": item 1: a string that is not UTF-8`:            func(e *everything) { e.Extra.Params = &params{Units: []string{"m", "\xff"}} },
		`attribute "rules": item 2: member "name": a string that is not UTF-8`:                              func(e *everything) { e.Rules = append(e.Rules, rule{Name: "\xff"}) },
		`attribute "byName": member "k1": member "name": a string that is not UTF-8`:                        func(e *everything) { e.ByName["k1"] = rule{Name: "\xff"} },
		`attribute "config": a string that is not UTF-8`: func(e *everything) {
			e.Config = new(NotNull(NewSecret(rule{Params: &params{Units: []string{"\xff"}}})))
		},
		`attribute "at": a timestamp beyond the years 0000 to 9999`: func(e *everything) { e.At = e.At.AddDate(8000, 0, 0) },
		`attribute "any": not one valid JSON value`:                 func(e *everything) { e.Any = `{"a":}` },
	} {
		_, err := update(t, work)
		assert.ErrorIs(t, err, fault.ErrInvalid)
		assert.EqualError(t, err, want)
	}
	_, err := update(t, func(e *everything) { e.Token = Secret[string]{} })
	assert.ErrorIs(t, err, fault.ErrStripped)
	assert.EqualError(t, err, `attribute "token": the secret was stripped`)
}

// A new document checks everything, whatever source an object comes from.
func TestCreateChecksEverything(t *testing.T) {
	e := openStored(t, stored(t))
	w := NewWriter(nil)
	e.write(w)
	_, err := w.deltas()
	assert.EqualError(t, err, `attribute "level": want one of "low", "high"`)

	e.Level = "low"
	w = NewWriter(nil)
	e.write(w)
	changes, err := w.deltas()
	require.NoError(t, err)
	assert.Len(t, changes, 26)
	for _, c := range changes {
		assert.False(t, c.Absent)
		assert.Equal(t, slices.Contains([]string{"token", "key", "pin", "config"}, c.Name), c.secret, c.Name)
		if c.Name == "rule" {
			assert.Equal(t, `{"weight":1.50,"future":{"x":[1 , 2]},"name":"r","enabled":true,"inner":{"size":3,"units":["m"],"later":0}}`, c.Raw, "a copied object keeps what is not known of it")
		}
	}
}

// leveled has a checked value in an object.
type leveled struct {
	Level  level
	source Source
}

func readLeveled(d *Reader) (l leveled) {
	d.Object()
	for d.Member() {
		switch d.Name() {
		case "level":
			d.Once(0)
			l.Level = level(d.String())
		default:
			d.Unknown()
		}
	}
	l.source = d.Source()
	return l
}

func writeLeveled(w *Writer, l leveled) bool {
	w.Begin(l.source)
	writeLevel(w.Member("level"), l.Level)
	return w.End()
}

func TestWhatIsChecked(t *testing.T) {
	check := func(text string, work func([]leveled) []leveled) error {
		ms, err := ParseMembers(`{"list":` + text + `}`)
		require.NoError(t, err)
		d := NewReader(ms)
		d.Object()
		require.True(t, d.Member())
		list := ReadList(d, readLeveled)
		require.False(t, d.Member())
		require.NoError(t, d.Err())
		w := NewWriter(ms)
		w.Begin(Source{})
		WriteList(w.Member("list"), work(list), writeLeveled)
		w.End()
		_, err = w.deltas()
		return err
	}
	same := func(list []leveled) []leveled { return list }
	assert.NoError(t, check(`[{"level":"odd"}]`, same), "what stands as stored is not checked")
	assert.NoError(t, check(`[{"level":"odd"}]`, func(list []leveled) []leveled { return append(list, leveled{Level: "low"}) }))
	assert.ErrorIs(t, check(`[{"level":"odd"}]`, func(list []leveled) []leveled { return append(list, list[0]) }), fault.ErrInvalid, "a copy is checked")
	assert.NoError(t, check(`[{"level":"odd"},{"level":"low"}]`, func(list []leveled) []leveled { return list[:1] }))
	assert.ErrorIs(t, check(`[{"level":"low"},{"level":"odd"}]`, func(list []leveled) []leveled { return list[1:] }), fault.ErrInvalid, "it stands elsewhere")
}

// Required members of nested objects that were absent stay absent as long as
// they are zero: another release may not know them.
func TestAbsentStaysAbsent(t *testing.T) {
	ms, err := ParseMembers(`{"rule":{},"rules":[{"name":"x"}],"extra":{"inner":{}}}`)
	require.NoError(t, err)
	write := func(work func(*everything)) ([]Delta, error) {
		e := openStored(t, ms)
		work(e)
		w := NewWriter(ms)
		w.Begin(e.source)
		writeRule(w.Member("rule"), e.Rule)
		WriteList(w.Member("rules"), e.Rules, writeRule)
		WriteOptional(w, "extra", e.Extra, writeRule)
		w.End()
		return w.deltas()
	}
	changes, err := write(func(*everything) {})
	require.NoError(t, err)
	assert.Empty(t, changes)

	changes, err = write(func(e *everything) { e.Rule.Weight = 2; e.Rules[0].Inner.Size = 1; e.Extra.Inner.Units = []string{""} })
	require.NoError(t, err)
	assert.Equal(t, []Delta{
		{Name: "rule", Raw: `{"weight":2}`},
		{Name: "rules", Raw: `[{"name":"x","inner":{"size":1,"units":[]}}]`},
		{Name: "extra", Raw: `{"inner":{"units":[""]}}`},
	}, changes)

	changes, err = write(func(e *everything) { e.Rule.Inner.Note = new("") })
	require.NoError(t, err)
	assert.Equal(t, []Delta{{Name: "rule", Raw: `{"inner":{"size":0,"units":[],"note":""}}`}}, changes, "an optional member that is there counts, zero or not")

	_, err = write(func(e *everything) { e.Rule.Inner = params{Units: []string{"\xff"}} })
	assert.EqualError(t, err, `attribute "rule": member "inner": member "units": item 0: a string that is not UTF-8`)
}

// A zero object that stays absent is not checked; one that is written is.
func TestAbsentIsNotChecked(t *testing.T) {
	type outer struct {
		Inner  leveled
		Size   int64
		source Source
	}
	write := func(w *Writer, o outer) bool {
		w.Begin(o.source)
		w.Member("size").Int(o.Size)
		writeLeveled(w.Member("inner"), o.Inner)
		return w.End()
	}
	ms, err := ParseMembers(`{"outer":{"size":1}}`)
	require.NoError(t, err)
	for level, want := range map[level]string{"": `{"size":2}`, "low": `{"size":2,"inner":{"level":"low"}}`, "odd": ""} {
		w := NewWriter(ms)
		write(w.Member("outer"), outer{Size: 2, Inner: leveled{Level: level}, source: sourceOf(`{"size":1}`)})
		changes, err := w.deltas()
		if want == "" {
			assert.EqualError(t, err, `attribute "outer": member "inner": member "level": want one of "low", "high"`)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, []Delta{{Name: "outer", Raw: want}}, changes)
	}
}

func TestPatchOfMembers(t *testing.T) {
	w := NewWriter(nil)
	WriteChange(w, "a", Set(int64(5)), (*Writer).Int)
	WriteChange(w, "b", Unset[string](), (*Writer).String)
	WriteChange(w, "c", Change[string]{}, (*Writer).String)
	WriteGiven(w, "d", new(""), (*Writer).String)
	WriteGiven(w, "e", nil, (*Writer).String)
	WriteChange(w, "f", Set(Null[string]{}), func(w *Writer, v Null[string]) bool { return WriteNull(w, v, (*Writer).String) })
	WriteChange(w, "g", Set(rule{Name: "r"}), writeRule)
	changes, err := w.deltas()
	require.NoError(t, err)
	assert.Equal(t, []Delta{
		{Name: "a", Raw: `5`}, {Name: "b", Absent: true}, {Name: "d", Raw: `""`}, {Name: "f", Raw: `null`},
		{Name: "g", Raw: `{"name":"r","enabled":false,"weight":0,"inner":{"size":0,"units":[]}}`},
	}, changes)

	ms, err := ParseMembers(`{"a":1}`)
	require.NoError(t, err)
	w = NewWriter(ms)
	WriteChange(w, "a", Unset[int64](), (*Writer).Int)
	WriteChange(w, "b", Unset[int64](), (*Writer).Int)
	changes, err = w.deltas()
	require.NoError(t, err)
	assert.Equal(t, []Delta{{Name: "a", Absent: true}}, changes)
}
