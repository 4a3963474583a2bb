package alert

import (
	"fmt"
	"time"

	eso "github.com/esogen/esogen/runtime"
)

func computeDigest3(scope string, tags *[]string, snoozedUntil eso.Null[time.Time], schedule Schedule2) string {
	count := -1
	if tags != nil {
		count = len(*tags)
	}
	return fmt.Sprintf("%s/%d/%t/%s", scope, count, snoozedUntil.Valid, schedule.Interval)
}

// What an earlier release needed may stay where it is.

func convertSchedule2(every string) Schedule2 {
	interval, err := time.ParseDuration(every)
	if err != nil {
		interval = time.Hour
	}
	return Schedule2{Interval: interval}
}

func revertSchedule2(schedule Schedule2) string { return schedule.Interval.String() }

func computeScope2(name string) string { return "scope of " + name }
