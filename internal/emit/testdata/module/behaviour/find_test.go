package behaviour

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/product/generated/everyshape"
	eso "github.com/esogen/esogen/runtime"
)

func TestFilters(t *testing.T) {
	when := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	zero := &everyshape.EveryShape{}
	full := &everyshape.EveryShape{
		String: "s", StringMaybe: new("s"), StringNull: eso.NotNull("s"), StringMaybeNull: new(eso.NotNull("s")),
		Int: 7, BoolMaybe: new(true), Enum: "a", NumberNull: eso.NotNull(0.5), UUIDMaybe: new("u"),
		Timestamp: when, TimestampMaybe: new(when), TimestampNull: eso.NotNull(when), TimestampMaybeNull: new(eso.NotNull(when)),
		DurationMaybeNull: new(eso.NotNull(time.Minute)),
		Decimal:           "1.50", DecimalMaybe: new(eso.Decimal("1.5")), DecimalNull: eso.NotNull(eso.Decimal("1.500")), DecimalMaybeNull: new(eso.NotNull(eso.Decimal("1.5"))),
	}
	elsewhere := when.In(time.FixedZone("", 3600))
	for _, f := range []eso.Filter[everyshape.EveryShape]{
		everyshape.ByString("s"), everyshape.ByStringMaybe("s"), everyshape.ByStringNull("s"), everyshape.ByStringMaybeNull("s"),
		everyshape.ByInt(7), everyshape.ByBoolMaybe(true), everyshape.ByEnum("a"), everyshape.ByNumberNull(0.5), everyshape.ByUUIDMaybe("u"),
		everyshape.ByTimestamp(elsewhere), everyshape.ByTimestampMaybe(elsewhere), everyshape.ByTimestampNull(elsewhere), everyshape.ByTimestampMaybeNull(elsewhere),
		everyshape.ByDurationMaybeNull(time.Minute),
		everyshape.ByDecimal("1.5"), everyshape.ByDecimalMaybe("1.50"), everyshape.ByDecimalNull("1.50"), everyshape.ByDecimalMaybeNull("1.50"),
	} {
		assert.True(t, f.Matches(full), f.Attribute())
		assert.False(t, f.Matches(zero), f.Attribute())
	}
	assert.False(t, everyshape.ByStringNull("").Matches(zero), "null is not the empty string")
	assert.False(t, everyshape.ByStringMaybe("").Matches(zero), "nor is an absent one")
	assert.Equal(t, "a", everyshape.ByEnum("a").Value())
	assert.Nil(t, everyshape.ByTimestamp(when).Value(), "timestamps have many spellings")
	assert.Nil(t, everyshape.ByDecimal("1.5").Value(), "and so have decimals")
	assert.True(t, everyshape.ByDecimal("-0.0").Matches(zero), "the zero value is 0")
	assert.Equal(t, "timestamp", everyshape.ByTimestamp(when).Attribute())
}
