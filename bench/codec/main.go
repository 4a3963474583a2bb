// Codec compares generated codecs with JSON libraries on one object of 25
// attributes, and prints how many times faster than encoding/json each is. The
// peers take turns, round by round, so that what slows the machine down slows
// down all of them; the median of the rounds counts.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"syscall"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 21, "rounds; the median counts")
	each := flag.Duration("each", 30*time.Millisecond, "time for one peer in one round")
	flag.BoolVar(&cpuTime, "cpu", false, "measure the CPU time of the process, garbage collection included, instead of the time on the wall: for a machine that is busy with other things")
	flag.Parse()
	if err := run(*rounds, *each); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(rounds int, each time.Duration) error {
	peers, err := Peers()
	if err != nil {
		return err
	}
	var marshal, unmarshal []job
	for _, p := range peers {
		if err := p.Check(); err != nil {
			return err
		}
		marshal = append(marshal, job{name: p.Name, once: func() error { _, err := p.Marshal(); return err }})
		if p.Unmarshal != nil {
			unmarshal = append(unmarshal, job{name: p.Name, once: p.Unmarshal})
		}
	}
	fmt.Printf("one object of 25 attributes, %d bytes; %s, %s/%s; median of %d rounds\n", len(Text), runtime.Version(), runtime.GOOS, runtime.GOARCH, rounds)
	for _, m := range []struct {
		title string
		jobs  []job
	}{{"marshal", marshal}, {"unmarshal", unmarshal}} {
		if err := measure(m.jobs, rounds, each); err != nil {
			return err
		}
		print(m.title, m.jobs)
	}
	return nil
}

// job is what is measured: calls of once.
type job struct {
	name   string
	once   func() error
	calls  int
	rounds []float64 // nanoseconds a call
	allocs float64
}

func measure(jobs []job, rounds int, each time.Duration) error {
	for i := range jobs {
		if err := jobs[i].calibrate(each); err != nil {
			return err
		}
	}
	for range rounds {
		for i := range jobs {
			j := &jobs[i]
			runtime.GC()
			spent, err := j.repeat(j.calls)
			if err != nil {
				return err
			}
			j.rounds = append(j.rounds, float64(spent.Nanoseconds())/float64(j.calls))
		}
	}
	return nil
}

// calibrate finds out how many calls fill the time, and counts allocations.
func (j *job) calibrate(each time.Duration) error {
	for j.calls = 1; ; j.calls *= 2 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		spent, err := j.repeat(j.calls)
		if err != nil {
			return err
		}
		runtime.ReadMemStats(&after)
		j.allocs = float64(after.Mallocs-before.Mallocs) / float64(j.calls)
		if spent >= each {
			return nil
		}
	}
}

func (j *job) repeat(calls int) (time.Duration, error) {
	begin := now()
	for range calls {
		if err := j.once(); err != nil {
			return 0, fmt.Errorf("%s: %w", j.name, err)
		}
	}
	return now() - begin, nil
}

var (
	cpuTime bool
	start   = time.Now()
)

func now() time.Duration {
	if !cpuTime {
		return time.Since(start)
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// times returns how many times faster j is than base: the median of the rounds,
// in each of which both had the same machine.
func (j *job) times(base *job) float64 {
	ratios := make([]float64, len(j.rounds))
	for i := range ratios {
		ratios[i] = base.rounds[i] / j.rounds[i]
	}
	return median(ratios)
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

func print(title string, jobs []job) {
	base := &jobs[slices.IndexFunc(jobs, func(j job) bool { return j.name == Baseline })]
	fmt.Printf("\n%-20s %10s %10s %14s\n", title, "ns", "allocs", Baseline)
	for i := range jobs {
		j := &jobs[i]
		fmt.Printf("%-20s %10.0f %10.0f %13.2fx\n", j.name, median(j.rounds), j.allocs, j.times(base))
	}
}
