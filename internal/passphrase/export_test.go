package passphrase

import "testing"

// Cheap lets the costs of the tests that unwrap hundreds of times pass.
var cheap = Costs{Memory: 64, Passes: 1, Lanes: 1}

func allowCheap(t *testing.T) {
	bounds := checkCosts
	checkCosts = func(c Costs) error {
		if c == cheap {
			return nil
		}
		return bounds(c)
	}
	t.Cleanup(func() { checkCosts = bounds })
}
