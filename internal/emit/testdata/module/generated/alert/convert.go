package alert

import "time"

func convertSchedule2(every string) Schedule {
	interval, err := time.ParseDuration(every)
	if err != nil {
		interval = time.Hour
	}
	return Schedule{Interval: interval}
}

func revertSchedule2(schedule Schedule) string { return schedule.Interval.String() }

func computeScope2(before Model1) string { return "scope of " + before.Name }
