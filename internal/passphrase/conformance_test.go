package passphrase

import (
	"testing"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile/keyfiletest"
)

func TestWrapper(t *testing.T) {
	allowCheap(t)
	keyfiletest.TestWrapper(t, keyfiletest.Options{
		Open:    func(testing.TB) eso.Wrapper { return open(t, Of([]byte(secretPassphrase)), cheap) },
		Other:   func(testing.TB) eso.Wrapper { return open(t, Of([]byte(secretPassphrase+"!")), cheap) },
		Secrets: [][]byte{[]byte(secretPassphrase)},
	})
}
