// Codec compares generated codecs with JSON libraries on one object of 25
// attributes, and prints how many times faster than encoding/json each is.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/esogen/esogen/bench/rounds"
)

func main() {
	var m rounds.Measurement
	flag.IntVar(&m.Rounds, "rounds", 21, "rounds; the median counts")
	flag.DurationVar(&m.Each, "each", 30*time.Millisecond, "time for one peer in one round")
	flag.BoolVar(&m.CPU, "cpu", false, "measure the CPU time of the process, garbage collection included, instead of the time on the wall: for a machine that is busy with other things")
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
	var marshal, unmarshal []rounds.Job
	for _, p := range peers {
		if err := p.Check(); err != nil {
			return err
		}
		marshal = append(marshal, rounds.Job{Name: p.Name, Once: func() error { _, err := p.Marshal(); return err }})
		if p.Unmarshal != nil {
			unmarshal = append(unmarshal, rounds.Job{Name: p.Name, Once: p.Unmarshal})
		}
	}
	fmt.Printf("one object of 25 attributes, %d bytes; %s, %s/%s; median of %d rounds\n", len(Text), runtime.Version(), runtime.GOOS, runtime.GOARCH, m.Rounds)
	for _, table := range []struct {
		title string
		jobs  []rounds.Job
	}{{"marshal", marshal}, {"unmarshal", unmarshal}} {
		if err := m.Run(table.jobs); err != nil {
			return err
		}
		rounds.Print(os.Stdout, table.title, table.jobs, Baseline)
	}
	return nil
}
