package jsontext

import "time"

// ParseTime reads an RFC 3339 timestamp (section 5.6) strictly: upper case T
// and Z, a fraction of any length of which nine digits count, no leap seconds.
// The time is in UTC whatever its offset.
func ParseTime(text string) (t time.Time, ok bool) {
	const whole = len("2006-01-02T15:04:05")
	if len(text) <= whole || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' {
		return time.Time{}, false
	}
	year, month, day := twoDigits(text, 0)*100+twoDigits(text, 2), twoDigits(text, 5), twoDigits(text, 8)
	hour, minute, second := twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)
	if year > 9999 || month > 12 || month < 1 || day < 1 || day > daysIn(year, month) ||
		hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	nanosecond, end := parseFraction(text, whole)
	offset, ok := parseZone(text[end:])
	if !ok {
		return time.Time{}, false
	}
	seconds := daysSinceEpoch(year, month, day)*86400 + int64(hour*3600+minute*60+second) - offset
	return time.Unix(seconds, nanosecond).UTC(), true
}

// twoDigits returns the number that two digits stand for, and one that no part
// of a timestamp allows where they are none.
func twoDigits(text string, i int) int {
	a, b := text[i]-'0', text[i+1]-'0'
	if a > 9 || b > 9 {
		return 10000
	}
	return int(a)*10 + int(b)
}

// parseFraction reads the fraction of a second that may begin at text[i], and
// returns where it ends.
func parseFraction(text string, i int) (nanosecond int64, end int) {
	if text[i] != '.' {
		return 0, i
	}
	begin := i + 1
	end = passDigits(text, begin)
	if end == begin {
		return 0, i // the dot is no zone, and so refused
	}
	counted := min(end, begin+9)
	for _, c := range []byte(text[begin:counted]) {
		nanosecond = nanosecond*10 + int64(c-'0')
	}
	nanosecond *= int64(wholePowers[9-(counted-begin)])
	return nanosecond, end
}

// parseZone reads an offset from UTC, in seconds.
func parseZone(text string) (offset int64, ok bool) {
	if text == "Z" {
		return 0, true
	}
	if len(text) != len("+00:00") || text[3] != ':' || text[0] != '+' && text[0] != '-' {
		return 0, false
	}
	hours, minutes := twoDigits(text, 1), twoDigits(text, 4)
	if hours > 23 || minutes > 59 {
		return 0, false
	}
	offset = int64(hours*3600 + minutes*60)
	if text[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// The calendar of RFC 3339 is the proleptic Gregorian one. It is counted here
// from March, so that leap days stand at the end of a year. 400 years have
// 146097 days, and 719468 lie between 0000-03-01 and 1970-01-01.

func daysSinceEpoch(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	year += 400 // the first January and February count to a year before
	ofYear := (153*(month-3) + 2) / 5
	return int64(365*year+year/4-year/100+year/400) + int64(ofYear+day-1) - 719468 - 146097
}

// dateOf is the inverse of daysSinceEpoch, from the year 0 on (C. Neri and L.
// Schneider, Euclidean affine functions and their application to calendar
// algorithms, 2022).
func dateOf(days int64) (year, month, day int) {
	quarters := 4*uint64(days+719468+146097) + 3
	century, ofCentury := quarters/146097, quarters%146097/4
	const yearly = 2939745 // 2^32 over four times a year
	scaled := yearly * (4*ofCentury + 3)
	ofYear := uint32(scaled) / yearly / 4
	monthly := 2141*ofYear + 197913
	year = int(100*century+scaled>>32) - 400
	month, day = int(monthly>>16), int(monthly&0xffff/2141)+1
	if month > 12 {
		year++
		month -= 12
	}
	return year, month, day
}

func daysIn(year, month int) int {
	if month == 2 {
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 30 + (month+month>>3)&1
}

const (
	firstSecond = -62167219200 // 0000-01-01T00:00:00Z
	lastSecond  = 253402300799 // 9999-12-31T23:59:59Z
)

const (
	milliseconds = `"2006-01-02T15:04:05.000Z"`
	MaxTime      = len(`"2006-01-02T15:04:05.000000000Z"`)
)

// FormatTime prints a time in quotes, in UTC: with milliseconds, as JavaScript's
// toISOString prints it, and with up to nine digits where it has more. It returns
// how long the text is: 0 outside the years 0000 to 9999, which RFC 3339 lacks.
func FormatTime(b *[MaxTime]byte, t time.Time) (size int) {
	seconds, nanosecond := t.Unix(), t.Nanosecond()
	if seconds < firstSecond || seconds > lastSecond {
		return 0
	}
	sinceFirst := seconds - firstSecond
	ofDay := int(sinceFirst % 86400)
	year, month, day := dateOf(sinceFirst/86400 + firstSecond/86400)
	copy(b[:], milliseconds)
	putTwo(b, 1, year/100)
	putTwo(b, 3, year%100)
	putTwo(b, 6, month)
	putTwo(b, 9, day)
	putTwo(b, 12, ofDay/3600)
	putTwo(b, 15, ofDay/60%60)
	putTwo(b, 18, ofDay%60)
	millisecond := nanosecond / 1e6
	b[21] = '0' + byte(millisecond/100)
	putTwo(b, 22, millisecond%100)
	size = len(milliseconds) - len(`Z"`)
	if rest := nanosecond % 1e6; rest != 0 {
		for unit := 100000; rest > 0; unit /= 10 {
			b[size] = '0' + byte(rest/unit)
			rest %= unit
			size++
		}
	}
	b[size], b[size+1] = 'Z', '"'
	return size + 2
}

func putTwo(b *[MaxTime]byte, i, n int) {
	b[i], b[i+1] = tens[n], ones[n]
}
