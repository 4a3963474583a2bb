package codec

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/runtime/internal/fault"
)

// grammar is the pattern of #Decimal in the schema.
var grammar = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,499})([.][0-9]{1,500})?$`)

var decimals = rapid.OneOf(
	rapid.StringMatching(`-?(0|[1-9][0-9]{0,40})([.][0-9]{1,40})?`),
	rapid.StringMatching(`-?[01]([.][01]{1,3})?0?`).Filter(grammar.MatchString), // equal ones among them
	rapid.StringMatching(`-?[1-9][0-9]{499}([.]0{499}[0-9])?`),
)

func exact(t require.TestingT, text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	require.True(t, ok, text)
	return r
}

func TestDecimalsCompareExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := decimals.Draw(t, "x"), decimals.Draw(t, "y")
		a, err := ParseDecimal(x)
		require.NoError(t, err)
		b, err := ParseDecimal(y)
		require.NoError(t, err)
		want := exact(t, x).Cmp(exact(t, y))
		assert.Equal(t, want, a.Cmp(b))
		assert.Equal(t, -want, b.Cmp(a))
		assert.Equal(t, want == 0, a.Equal(b))
		assert.Equal(t, x, a.String(), "a decimal keeps its text")
	})
}

func TestDecimalZeroValue(t *testing.T) {
	var zero Decimal
	assert.Equal(t, "0", zero.String())
	for _, text := range []Decimal{"0", "-0", "0.00", "-0.0"} {
		assert.True(t, zero.Equal(text), text)
	}
	assert.Negative(t, zero.Cmp("0.001"))
	assert.Positive(t, zero.Cmp("-0.001"))
	text, err := json.Marshal(map[string]Decimal{"zero": zero, "some": "1.50"})
	require.NoError(t, err)
	assert.JSONEq(t, `{"zero":"0","some":"1.50"}`, string(text))
	_, err = json.Marshal(Decimal("1,5"))
	require.Error(t, err)
	var read map[string]Decimal
	require.NoError(t, json.Unmarshal(text, &read))
	assert.Equal(t, map[string]Decimal{"zero": "0", "some": "1.50"}, read)
	require.Error(t, json.Unmarshal([]byte(`{"zero":""}`), &read))
	require.Error(t, json.Unmarshal([]byte(`{"zero":"1e3"}`), &read))
}

// What is not a decimal has a place in the order all the same.
func TestInvalidDecimalsAreOrdered(t *testing.T) {
	texts := []Decimal{"1", "x", "-5", "1e3", "", "01", "0.0"}
	slices.SortFunc(texts, Decimal.Cmp)
	assert.Equal(t, []Decimal{"01", "1e3", "x", "-5", "", "0.0", "1"}, texts)
	assert.False(t, Decimal("01").Equal("1"))
	assert.True(t, Decimal("x").Equal("x"))
}

func TestParseDecimalRefuses(t *testing.T) {
	for _, text := range []string{"", "-", ".", "1.", ".1", "+1", "01", "-01", "00", "1e3", "1E3", "0x1", "1_0", "1,5", "1.2.3", " 1", "1 ", "1\n", "NaN", "Inf", "٣",
		strings.Repeat("1", 501), "0." + strings.Repeat("0", 501), "1e999999999"} {
		_, err := ParseDecimal(text)
		require.Error(t, err, text)
		if text != "" {
			assert.NotContains(t, err.Error(), "'"+text+"'")
		}
	}
}

// amount is an object with a decimal, as generated code reads and writes it.
type amount struct {
	source Source
	total  Decimal
}

func (o *amount) read(d *Reader) {
	d.Object()
	for d.Member() {
		o.total = d.Decimal()
	}
	o.source = d.Source()
}

func (o *amount) write(w *Writer) {
	w.Begin(o.source)
	w.Member("total").Decimal(o.total)
	w.End()
}

func TestDecimalsAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]string{
		`{"total":"1.0"}`: `{"total":"1.0"}`, `{"total":"1.00"}`: `{"total":"1.00"}`, `{"total":"\u0031.0"}`: `{"total":"\u0031.0"}`,
	} {
		var o amount
		require.NoError(t, Unmarshal([]byte(text), o.read))
		got, err := Marshal(o.write)
		require.NoError(t, err)
		assert.Equal(t, want, string(got), "what is not changed keeps its spelling")
	}
	for _, text := range []string{`{"total":1.0}`, `{"total":"1e3"}`, `{"total":""}`, `{"total":null}`} {
		var o amount
		require.ErrorIs(t, Unmarshal([]byte(text), o.read), fault.ErrMalformed, text)
	}
	got, err := Marshal((&amount{}).write)
	require.NoError(t, err)
	assert.Equal(t, `{"total":"0"}`, string(got))
	_, err = Marshal((&amount{total: "seven"}).write)
	require.ErrorIs(t, err, fault.ErrInvalid)
	assert.NotContains(t, err.Error(), "seven")
}

func FuzzDecimal(f *testing.F) {
	for _, pair := range [][2]string{{"0", "-0.0"}, {"1.0", "1.00"}, {"12.50", "-12.50"}, {"0.1", "0.09"}, {"10", "9.99"}, {"1e3", "1000"}, {"01", ""}, {"-", "."}} {
		f.Add(pair[0], pair[1])
	}
	f.Add(strings.Repeat("9", 500), "-"+strings.Repeat("9", 501))
	f.Fuzz(func(t *testing.T, x, y string) {
		a, err := ParseDecimal(x)
		require.Equal(t, grammar.MatchString(x), err == nil)
		b, alsoErr := ParseDecimal(y)
		require.Equal(t, Decimal(x).Cmp(Decimal(y)), -Decimal(y).Cmp(Decimal(x)))
		if err != nil || alsoErr != nil {
			return
		}
		require.Equal(t, exact(t, x).Cmp(exact(t, y)), a.Cmp(b))
		text, err := json.Marshal(a)
		require.NoError(t, err)
		var o amount
		require.NoError(t, Unmarshal(fmt.Appendf(nil, `{"total":%s}`, text), o.read))
		require.Equal(t, 0, cmp.Compare(o.total, a))
	})
}
