package alert

import "time"

func convertSchedule2(every string) Schedule2 {
	interval, err := time.ParseDuration(every)
	if err != nil {
		interval = time.Hour
	}
	return Schedule2{Interval: interval}
}

func revertSchedule2(schedule Schedule2) string { return schedule.Interval.String() }

func computeScope2(name string) string { return "scope of " + name }
