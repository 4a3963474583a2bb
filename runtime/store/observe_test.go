package store_test

import (
	"context"
	"sync"

	"github.com/esogen/esogen/runtime/store"
)

// collect is an observer that keeps all events.
func collect(events *[]store.Event) func(context.Context, store.Event) {
	var lock sync.Mutex
	return func(_ context.Context, e store.Event) {
		lock.Lock()
		defer lock.Unlock()
		*events = append(*events, e)
	}
}
