package codec

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/fault"
)

func readSample(t testing.TB, text string) everything {
	t.Helper()
	var e everything
	require.NoError(t, e.UnmarshalJSON([]byte(text)))
	return e
}

func TestUnmarshal(t *testing.T) {
	e := readSample(t, sample)
	assert.Equal(t, "café \ufffd", e.Text)
	assert.True(t, e.Flag)
	assert.EqualValues(t, 1000, e.Count)
	assert.EqualValues(t, math.MaxInt64, e.Big)
	assert.Equal(t, 10.5, e.Ratio)
	assert.Equal(t, time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC), e.At)
	assert.Equal(t, 90*time.Minute, e.Every)
	assert.Equal(t, []byte{0, 1, 2}, e.Blob)
	assert.Equal(t, JSON(`{"b": [1, 2],"a":null}`), e.Any)
	assert.Equal(t, level("extreme"), e.Level, "reading checks no enums")
	assert.Equal(t, []string{"a", "/b"}, e.Tags)
	assert.Equal(t, map[string]int64{"a": 2, "z": 1}, e.Labels)
	assert.Equal(t, 1.5, e.Rule.Weight)
	assert.Nil(t, e.Rule.Params)
	assert.Equal(t, []string{"m"}, e.Rule.Inner.Units)
	assert.Len(t, e.Rules, 2)
	assert.EqualValues(t, 4, e.Rules[1].Params.Size)
	assert.Equal(t, "m", e.ByName["k1"].Name)
	assert.Equal(t, [][]float64{{1, 2}, {}}, e.Grid)
	assert.Equal(t, new(""), e.Note)
	assert.Equal(t, new([]int64{1, 2, 3}), e.Ticks)
	assert.Equal(t, Null[string]{}, e.Choice)
	assert.Equal(t, new(NotNull(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))), e.Deadline)
	assert.Equal(t, []Null[int64]{{}, NotNull(int64(1))}, e.Maybe)
	assert.Equal(t, "e", e.Extra.Name)
}

func TestUnchangedObjectIsWrittenAsItStood(t *testing.T) {
	e := readSample(t, sample)
	text, err := e.MarshalJSON()
	require.NoError(t, err)
	assert.Equal(t, strings.TrimSpace(sample), string(text))

	text, err = appendMarshal([]byte("before "), e.write)
	require.NoError(t, err)
	assert.Equal(t, "before "+strings.TrimSpace(sample), string(text))
}

func TestNewObject(t *testing.T) {
	e := everything{
		Text: "a \"quote\" \\ \b\f\n\r\t\x01 é 😀 \u2028 <&>", Count: -5, Big: math.MinInt64, Ratio: math.Copysign(0, -1), At: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.FixedZone("", 3600)),
		Every: 90 * time.Minute, Blob: []byte("\xff\xfe"), Level: "low", Tags: []string{"x", "y"}, Labels: map[string]int64{"b": 2, "a": 1, "c\"": 3},
		Rules: []rule{{Name: "r", Params: &params{}}}, Grid: [][]float64{{1e21, 1e-7}, nil}, Ticks: &[]int64{}, Choice: NotNull("c"), Deadline: new(Null[time.Time]{}),
		Maybe: []Null[int64]{{}, NotNull(int64(0))}, Token: NewSecret("hidden"),
	}
	text, err := json.Marshal(e)
	require.NoError(t, err)
	compact := strings.NewReplacer("\\u003c", "<", "\\u003e", ">", "\\u0026", "&", `\u2028`, "\u2028").Replace(string(text)) // encoding/json rewrites what it embeds
	assert.Equal(t, `{"text":"a \"quote\" \\ \b\f\n\r\t\u0001 é 😀 `+"\u2028"+` <&>","flag":false,"count":-5,"big":-9223372036854775808,"ratio":0,"at":"2026-01-02T02:04:05.006Z",`+
		`"every":"1h30m0s","blob":"//4=","any":null,"level":"low","tags":["x","y"],"labels":{"a":1,"b":2,"c\"":3},`+
		`"rule":{"name":"","enabled":false,"weight":0,"inner":{"size":0,"units":[]}},`+
		`"rules":[{"name":"r","enabled":false,"weight":0,"params":{"size":0,"units":[]},"inner":{"size":0,"units":[]}}],"byName":{},`+
		`"grid":[[1e+21,1e-7],[]],"ticks":[],"choice":"c","deadline":null,"maybe":[null,0]}`, compact)
}

func TestMarshalShowsWhatBreaksRules(t *testing.T) {
	_, err := Marshal((&everything{Level: "none of the two", Count: 1 << 60}).write)
	assert.NoError(t, err)
}

func TestMarshalRefusesWhatHasNoJSON(t *testing.T) {
	for attribute, e := range map[string]everything{
		"text":   {Text: "\xff"},
		"ratio":  {Ratio: math.NaN()},
		"at":     {At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"any":    {Any: `{"a":1,"a":2}`},
		"grid":   {Grid: [][]float64{{0}, {1, math.Inf(-1)}}},
		"labels": {Labels: map[string]int64{"\xff": 1}},
		"rules":  {Rules: []rule{{}, {Params: &params{Units: []string{"", "\xc0"}}}}},
	} {
		for _, source := range []string{"", `{}`, `{"grid":[[1,2],[3]],"rules":[{"name":"stored"}],"labels":{"a":1}}`} {
			if source != "" {
				e.source = readSample(t, source).source
			}
			dst := []byte("kept")
			text, err := appendMarshal(dst, e.write)
			var at *fault.Error
			require.ErrorAs(t, err, &at, "%s %s", attribute, source)
			assert.ErrorIs(t, err, fault.ErrInvalid)
			assert.Equal(t, attribute, at.Attribute)
			assert.Equal(t, "kept", string(text))
		}
	}
	_, err := Marshal((&everything{Rules: []rule{{}, {Params: &params{Units: []string{"", "\xc0"}}}}}).write)
	assert.EqualError(t, err, `attribute "rules": item 1: member "params": member "units": item 1: a string that is not UTF-8`)
}

func TestDepthAndSizeAreBounded(t *testing.T) {
	nested := func(depth int) string {
		return `{"any":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + `}`
	}
	e := readSample(t, nested(fault.MaxDepth))
	e.source = Source{}
	_, err := e.MarshalJSON()
	assert.NoError(t, err, "what may be read may be written")
	_, err = ParseMembers(nested(fault.MaxDepth))
	assert.NoError(t, err)

	assert.ErrorIs(t, e.UnmarshalJSON([]byte(nested(fault.MaxDepth+1))), fault.ErrTooLarge)
	_, err = ParseMembers(nested(fault.MaxDepth + 1))
	assert.ErrorIs(t, err, fault.ErrTooLarge)
	_, err = ParseMembers(strings.Repeat(`{"a":`, 1e6))
	assert.ErrorIs(t, err, fault.ErrTooLarge)

	e.Any = JSON("[" + strings.Repeat("[", fault.MaxDepth-1) + strings.Repeat("]", fault.MaxDepth-1) + "]")
	_, err = e.MarshalJSON()
	assert.ErrorIs(t, err, fault.ErrInvalid, "what may not be read may not be written")

	large := `{"text":"` + strings.Repeat("x", fault.MaxSize) + `"}`
	assert.ErrorIs(t, e.UnmarshalJSON([]byte(large)), fault.ErrTooLarge)
	_, err = ParseMembers(large)
	assert.ErrorIs(t, err, fault.ErrTooLarge)
	_, err = Marshal((&everything{Text: strings.Repeat("x", fault.MaxSize)}).write)
	assert.ErrorIs(t, err, fault.ErrTooLarge)
}

func TestManyNames(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"any":{`)
	for i := range 200000 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"n` + strconv.Itoa(i) + `":1`)
	}
	text := b.String()
	_, err := ParseMembers(text + `}}`) // 200,000 names: quadratic work would take minutes
	assert.NoError(t, err)
	_, err = ParseMembers(text + `,"n0":2}}`)
	assert.ErrorContains(t, err, "duplicate")
}

func TestErrorsAreOfOneKind(t *testing.T) {
	var e everything
	err := e.UnmarshalJSON([]byte(`{"count":"1"}`))
	var at *fault.Error
	require.True(t, errors.As(err, &at))
	assert.Equal(t, "count", at.Attribute)
	assert.ErrorIs(t, err, fault.ErrMalformed)
	assert.EqualError(t, err, `attribute "count": want an integer, found a string`)
}

// Objects belong to one goroutine each; what the package reuses between them
// must not mix.
func TestManyAtOnce(t *testing.T) {
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			text := `{"text":"` + strings.Repeat(strconv.Itoa(i), 100*i) + `","tags":["` + strconv.Itoa(i) + `"],"new":{"a":1}}`
			for range 200 {
				var e everything
				if !assert.NoError(t, e.UnmarshalJSON([]byte(text))) {
					return
				}
				written, err := e.MarshalJSON()
				if !assert.NoError(t, err) || !assert.Equal(t, text, string(written)) {
					return
				}
				assert.Error(t, e.UnmarshalJSON([]byte(text[:len(text)-1])))
			}
		})
	}
	wait.Wait()
}
