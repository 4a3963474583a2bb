package main

import (
	"testing"

	"github.com/esogen/esogen/bench/rounds"
	"github.com/esogen/esogen/keys/passphrase"
)

// TestEveryJob runs each job, as few times as there can be, on small files.
func TestEveryJob(t *testing.T) {
	b := &bench{t.Context(), t.TempDir(), []int{1, 3}, passphrase.Costs{Memory: 16 << 10, Passes: 2, Lanes: 1}}
	if err := run(b, rounds.Measurement{Rounds: 1}); err != nil {
		t.Fatal(err)
	}
}
