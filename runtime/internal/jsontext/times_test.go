package jsontext

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseTime(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2026-01-02T03:04:05Z":                   time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		"2026-01-02T03:04:05.678Z":               time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC),
		"2026-01-02T03:04:05.1Z":                 time.Date(2026, 1, 2, 3, 4, 5, 1e8, time.UTC),
		"2026-01-02T03:04:05.1234567899999Z":     time.Date(2026, 1, 2, 3, 4, 5, 123456789, time.UTC),
		"2026-01-02T03:04:05+02:00":              time.Date(2026, 1, 2, 1, 4, 5, 0, time.UTC),
		"2026-01-02T03:04:05.5-00:30":            time.Date(2026, 1, 2, 3, 34, 5, 5e8, time.UTC),
		"2024-02-29T23:59:59Z":                   time.Date(2024, 2, 29, 23, 59, 59, 0, time.UTC),
		"0000-01-01T00:00:00Z":                   time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC),
		"0000-01-01T00:00:00+01:00":              time.Date(-1, 12, 31, 23, 0, 0, 0, time.UTC),
		"9999-12-31T23:59:59.999999999Z":         time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
		"1970-01-01T00:00:00.000000000000-23:59": time.Date(1970, 1, 1, 23, 59, 0, 0, time.UTC),
	} {
		got, ok := ParseTime(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{
		"", "2026", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02 03:04:05Z", "2026-01-02t03:04:05z", "2026-1-02T03:04:05Z",
		"2026-00-02T03:04:05Z", "2026-13-02T03:04:05Z", "2026-01-00T03:04:05Z", "2026-01-32T03:04:05Z", "2026-02-29T03:04:05Z",
		"2026-04-31T03:04:05Z", "1900-02-29T00:00:00Z", "2026-01-02T24:00:00Z", "2026-01-02T03:60:05Z", "2026-01-02T03:04:60Z",
		"2026-01-02T03:04:05.Z", "2026-01-02T03:04:05,5Z", "2026-01-02T03:04:05+0200", "2026-01-02T03:04:05+24:00", "2026-01-02T03:04:05+02:60",
		"2026-01-02T03:04:05ZZ", "2026-01-02T03:04:05.5", "+2026-01-02T03:04:05Z", "-026-01-02T03:04:05Z", "2026-01-02T03:04:0/Z", "2026-01-02T03:04:0:Z",
	} {
		_, ok := ParseTime(text)
		assert.False(t, ok, text)
	}
}

func TestFormatTime(t *testing.T) {
	for want, v := range map[string]time.Time{
		`"2026-01-02T03:04:05.000Z"`:       time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		`"2026-01-02T03:04:05.070Z"`:       time.Date(2026, 1, 2, 3, 4, 5, 7e7, time.UTC),
		`"2026-01-02T03:04:05.0000001Z"`:   time.Date(2026, 1, 2, 3, 4, 5, 100, time.UTC),
		`"2026-01-02T03:04:05.123456789Z"`: time.Date(2026, 1, 2, 3, 4, 5, 123456789, time.UTC),
		`"2026-01-02T01:04:05.000Z"`:       time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 7200)),
		`"0000-01-01T00:00:00.000Z"`:       time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC),
		`"0001-01-01T00:00:00.000Z"`:       {},
		`"9999-12-31T23:59:59.999Z"`:       time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC),
	} {
		var b [MaxTime]byte
		assert.Equal(t, want, string(b[:FormatTime(&b, v)]))
	}
	for _, v := range []time.Time{time.Date(-1, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		var b [MaxTime]byte
		assert.Zero(t, FormatTime(&b, v))
	}
}

// Every day of four centuries, and some of every other, against package time.
func TestCalendar(t *testing.T) {
	first, last := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	step := 1
	for day := first; !day.After(last); day = day.AddDate(0, 0, step) {
		if day.Year() > 410 {
			step = 13
		}
		year, month, ofMonth := dateOf(day.Unix() / 86400)
		require.Equal(t, day, time.Date(year, time.Month(month), ofMonth, 0, 0, 0, 0, time.UTC))
		require.Equal(t, day.Unix()/86400, daysSinceEpoch(year, month, ofMonth))
	}
	for year := range 10000 {
		for month := 1; month <= 12; month++ {
			want := time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
			if daysIn(year, month) != want {
				t.Fatalf("%d-%d has %d days, not %d", year, month, want, daysIn(year, month))
			}
		}
	}
}

func TestTimesSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := time.Unix(rapid.Int64Range(firstSecond, lastSecond).Draw(t, "second"), rapid.Int64Range(0, 999999999).Draw(t, "nanosecond")).UTC()
		var b [MaxTime]byte
		text := string(b[:FormatTime(&b, v)])
		got, ok := ParseTime(text[1 : len(text)-1])
		assert.True(t, ok, text)
		assert.Equal(t, v, got)
		standard, err := time.Parse(time.RFC3339Nano, text[1:len(text)-1])
		assert.NoError(t, err)
		assert.True(t, v.Equal(standard))
	})
}

// What ParseTime accepts, package time accepts too, and means the same.
func TestParseTimeAgainstTime(t *testing.T) {
	digits := rapid.SampledFrom([]rune("0123456789"))
	rapid.Check(t, func(t *rapid.T) {
		text := []rune("2026-01-02T03:04:05.678+01:30")
		for range rapid.IntRange(0, 4).Draw(t, "changes") {
			i := rapid.IntRange(0, len(text)-1).Draw(t, "at")
			if r := text[i]; '0' <= r && r <= '9' || rapid.IntRange(0, 9).Draw(t, "any") == 0 {
				text[i] = digits.Draw(t, "digit")
			}
		}
		got, ok := ParseTime(string(text))
		want, err := time.Parse(time.RFC3339, string(text))
		if ok && (err != nil || !got.Equal(want)) {
			t.Fatalf("%q: %v, package time says %v, %v", string(text), got, want, err)
		}
	})
}
