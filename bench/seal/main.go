// Seal compares the formats of sealed objects with their peers, on one object
// with three secrets of 256 bytes that are bound to 200 bytes: the time to seal,
// the time to open, and how much more two goroutines seal than one.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/esogen/esogen/bench/rounds"
)

func main() {
	var m rounds.Measurement
	flag.IntVar(&m.Rounds, "rounds", 21, "rounds; the median counts")
	flag.DurationVar(&m.Each, "each", 30*time.Millisecond, "time for one peer in one round")
	flag.Parse()
	if err := run(m); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(m rounds.Measurement) error {
	peers, err := Peers()
	if err != nil {
		return err
	}
	var seal, open, one []rounds.Job
	for _, p := range peers {
		if err := p.Open(); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		seal = append(seal, rounds.Job{Name: p.Name, Once: p.Seal})
		open = append(open, rounds.Job{Name: p.Name, Once: p.Open})
		if p.Concurrent {
			one = append(one,
				rounds.Job{Name: p.Name + ", one goroutine", Once: spread(1, p.Seal)},
				rounds.Job{Name: p.Name + ", two goroutines", Once: spread(2, p.Seal)})
		}
	}
	fmt.Printf("three secrets of %d bytes, %d bytes bound; %s, %s/%s; median of %d rounds\n",
		secretSize, boundSize, runtime.Version(), runtime.GOOS, runtime.GOARCH, m.Rounds)
	for _, table := range []struct {
		title, base string
		jobs        []rounds.Job
	}{{"seal", floor, seal}, {"open", floor, open}, {fmt.Sprintf("seal %d objects", many), one[0].Name, one}} {
		if err := m.Run(table.jobs); err != nil {
			return err
		}
		rounds.Print(os.Stdout, table.title, table.jobs, table.base)
	}
	return nil
}

// many is how many objects the goroutines share.
const many = 512

// spread returns a call that seals many objects on as many goroutines.
func spread(goroutines int, once func() error) func() error {
	return func() error {
		errs := make([]error, goroutines)
		var all sync.WaitGroup
		for g := range goroutines {
			all.Go(func() {
				for range many / goroutines {
					if err := once(); err != nil {
						errs[g] = err
						return
					}
				}
			})
		}
		all.Wait()
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
		return nil
	}
}
