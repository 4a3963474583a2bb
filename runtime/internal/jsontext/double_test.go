package jsontext

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func assertParsedAsGoDoes(t require.TestingT, token string) {
	want, wantErr := strconv.ParseFloat(token, 64)
	got, err := parseFloat(token)
	require.Equal(t, math.Float64bits(want), math.Float64bits(got), token)
	require.Equal(t, wantErr == nil, err == nil, token)
}

func TestParseFloatOfEdges(t *testing.T) {
	for _, token := range []string{
		"0e-400", "-0e-400", "0.0000000000", "1e-320", "-1e-320", "5e-324", "4.9406564584124654e-324", "2.4703282292062327e-324", "2.4703282292062328e-324",
		"2.47032822920623272e-324", "1e-323", "9e-325", "1e-324", "1e-325", "-1e-330", "0.00000001e-316", "1e-331", "1e-400", "2.2250738585072014e-308", "2.2250738585072011e-308", "2.2250738585072012e-308",
		"1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308", "179769313486231580793728971405301e276", "1e309", "1e99999999999999999999", "1e-99999999999999999999",
		"9007199254740993.00000000000000000000", "9007199254740993.00000000000000000001", "9007199254740992.99999999999999999999",
		"1.00000000000000011102230246251565404236316680908203125", "1.00000000000000011102230246251565404236316680908203124", "1.00000000000000011102230246251565404236316680908203126",
		"123456789012345678901234567890", "1" + strings.Repeat("0", 200), "0." + strings.Repeat("0", 250) + "1", strings.Repeat("9", 256), "1." + strings.Repeat("3", 254),
	} {
		assertParsedAsGoDoes(t, token)
	}
}

func TestParseFloatOfWhatIsNoNumber(t *testing.T) {
	for _, token := range []string{"", "-", "1e", "--1e-320", "+1e-320", "1_000e-320", "0x1p-1070", "1e-320x", "01e-3200000", "1e-3-20000", ".e-320000000"} {
		assertParsedAsGoDoes(t, token)
	}
}

// Numbers at, just below and just above the middle between two doubles are the
// ones that need all their digits.
func TestParseFloatBetweenDoubles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := math.Float64frombits(rapid.Uint64Range(0, math.Float64bits(math.MaxFloat64)-1).Draw(t, "bits"))
		low, high := new(big.Float).SetPrec(2000).SetFloat64(f), new(big.Float).SetPrec(2000).SetFloat64(math.Nextafter(f, math.Inf(1)))
		middle := low.Add(low, high)
		middle.Quo(middle, big.NewFloat(2))
		digits := rapid.IntRange(0, 230).Draw(t, "digits")
		assertParsedAsGoDoes(t, middle.Text('e', digits))
		assertParsedAsGoDoes(t, fmt.Sprintf("-%de%d", rapid.Uint64().Draw(t, "integer"), rapid.IntRange(-345, 310).Draw(t, "power")))
	})
}

// BenchmarkHostileNumbers reads the numbers that are the slowest for strconv, of
// which a hostile writer can store millions: they are not slow here.
func BenchmarkHostileNumbers(b *testing.B) {
	near := new(big.Float).SetPrec(2000).SetFloat64(1e-300)
	near.Add(near, new(big.Float).SetPrec(2000).SetFloat64(math.Nextafter(1e-300, 1))).Quo(near, big.NewFloat(2))
	for name, token := range map[string]string{"subnormal": "1e-320", "middle": near.Text('e', 100)} {
		for reader, parse := range map[string]func(string) (float64, error){
			"strconv": func(token string) (float64, error) { return strconv.ParseFloat(token, 64) },
			"eso":     parseFloat,
		} {
			b.Run(name+"/"+reader, func(b *testing.B) {
				for b.Loop() {
					if _, err := parse(token); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
