package soak

import (
	"encoding/json"
	"flag"
	"os"
	"runtime"
	"sync"
	"testing"
)

var (
	count = flag.Int("soak.n", 1000, "how many sequences the program plays on each release")
	start = flag.Uint64("soak.from", 1, "the seed of the sequences")
)

// Main is the test of the program that the test of this package writes: it plays
// the cases of cases.json through their generated packages, and writes the outcome
// to results.json.
func Main(t *testing.T, packages map[string][]*Package) {
	text, err := os.ReadFile("cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []Case
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	results := make([][]Result, len(cases))
	var wait sync.WaitGroup
	turns := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range cases {
		wait.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			results[i] = Play(t.Context(), &cases[i], packages[cases[i].Name], *count, *start)
		})
	}
	wait.Wait()
	var all []Result
	for _, some := range results {
		all = append(all, some...)
	}
	if text, err = json.Marshal(all); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("results.json", text, 0o666); err != nil {
		t.Fatal(err)
	}
}
