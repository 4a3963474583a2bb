// Package rounds measures peers that take turns, round by round, so that what
// slows the machine down slows down all of them; the median of the rounds
// counts.
package rounds

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// Job is what is measured: calls of Once. Prepare, if not nil, comes before each of
// them, and is not measured.
type Job struct {
	Name    string
	Once    func() error
	Prepare func() error

	calls  int
	rounds []float64 // nanoseconds a call
	allocs float64
}

// Measurement says how to measure.
type Measurement struct {
	Rounds int
	Each   time.Duration // for one job in one round
	CPU    bool          // CPU time of the process instead of time on the wall
}

// Run measures the jobs, which are called by one goroutine.
func (m Measurement) Run(jobs []Job) error {
	for i := range jobs {
		if err := m.calibrate(&jobs[i]); err != nil {
			return err
		}
	}
	for range m.Rounds {
		for i := range jobs {
			j := &jobs[i]
			runtime.GC()
			spent, err := m.repeat(j)
			if err != nil {
				return err
			}
			j.rounds = append(j.rounds, float64(spent.Nanoseconds())/float64(j.calls))
		}
	}
	return nil
}

// calibrate finds out how many calls fill the time, and counts allocations.
func (m Measurement) calibrate(j *Job) error {
	for j.calls = 1; ; j.calls *= 2 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		spent, err := m.repeat(j)
		if err != nil {
			return err
		}
		runtime.ReadMemStats(&after)
		j.allocs = float64(after.Mallocs-before.Mallocs) / float64(j.calls)
		if spent >= m.Each {
			return nil
		}
	}
}

func (m Measurement) repeat(j *Job) (time.Duration, error) {
	var preparing time.Duration
	begin := m.now()
	for range j.calls {
		if j.Prepare != nil {
			before := m.now()
			if err := j.Prepare(); err != nil {
				return 0, fmt.Errorf("%s: %w", j.Name, err)
			}
			preparing += m.now() - before
		}
		if err := j.Once(); err != nil {
			return 0, fmt.Errorf("%s: %w", j.Name, err)
		}
	}
	return m.now() - begin - preparing, nil
}

var start = time.Now()

func (m Measurement) now() time.Duration {
	if !m.CPU {
		return time.Since(start)
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Nanoseconds returns what a call took: the median of the rounds.
func (j *Job) Nanoseconds() float64 { return median(j.rounds) }

// Allocations returns how many allocations a call makes.
func (j *Job) Allocations() float64 { return j.allocs }

// TimesAsFast returns how many times faster j is than base: the median of the
// rounds, in each of which both had the same machine.
func (j *Job) TimesAsFast(base *Job) float64 {
	ratios := make([]float64, len(j.rounds))
	for i := range ratios {
		ratios[i] = base.rounds[i] / j.rounds[i]
	}
	return median(ratios)
}

// Find returns the job of that name.
func Find(jobs []Job, name string) *Job {
	return &jobs[slices.IndexFunc(jobs, func(j Job) bool { return j.Name == name })]
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// Print writes a table of the jobs, each compared with the one named base.
func Print(w io.Writer, title string, jobs []Job, base string) {
	against := Find(jobs, base)
	fmt.Fprintf(w, "\n%-40s %10s %10s %14s\n", title, "ns", "allocs", base)
	for i := range jobs {
		j := &jobs[i]
		fmt.Fprintf(w, "%-40s %10.0f %10.0f %13.2fx\n", j.Name, j.Nanoseconds(), j.Allocations(), j.TimesAsFast(against))
	}
}
