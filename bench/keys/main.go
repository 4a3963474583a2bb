// Keys measures key files: what a process pays for one when it starts, when the
// file changes, and when it seals and opens an object.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/esogen/esogen/bench/rounds"
	"github.com/esogen/esogen/keys/passphrase"
)

func main() {
	var m rounds.Measurement
	flag.IntVar(&m.Rounds, "rounds", 11, "rounds; the median counts")
	flag.DurationVar(&m.Each, "each", 30*time.Millisecond, "time for one job in one round")
	flag.BoolVar(&m.CPU, "cpu", false, "measure CPU time instead of time on the wall")
	flag.Parse()
	folder, err := os.MkdirTemp("", "keys-")
	if err == nil {
		err = run(&bench{context.Background(), folder, []int{1, 100, 10_000}, passphrase.DefaultCosts}, m)
		os.RemoveAll(folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(b *bench, m rounds.Measurement) error {
	fmt.Printf("%s, %s/%s; median of %d rounds\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, m.Rounds)
	for _, table := range []struct {
		title string
		jobs  func() ([]rounds.Job, error)
	}{
		{"start, with a provider that takes no time", b.starts},
		{"start under a passphrase", b.passphrases},
		{"refresh", b.refreshes},
		{"first use of a key", b.uses},
		{"seal", func() ([]rounds.Job, error) { return b.objects(true) }},
		{"open", func() ([]rounds.Job, error) { return b.objects(false) }},
	} {
		jobs, err := table.jobs()
		if err != nil {
			return fmt.Errorf("%s: %w", table.title, err)
		}
		if err := m.Run(jobs); err != nil {
			return fmt.Errorf("%s: %w", table.title, err)
		}
		rounds.Print(os.Stdout, table.title, jobs, jobs[0].Name)
	}
	return nil
}
