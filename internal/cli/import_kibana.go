package cli

import (
	"context"
	"io"
	"slices"

	"github.com/esogen/esogen/internal/transfer"
	eso "github.com/esogen/esogen/runtime"
)

// source returns what reads the input. That it is Kibana's has to be said: the lines of a
// stream without its header would pass for Kibana's, and nothing would verify them.
func (i *importing) source(ctx context.Context, in io.Reader, from eso.Keyring, o *openedStore) (transfer.Source, error) {
	if !i.kibana {
		return transfer.NewReader(ctx, in, from)
	}
	return transfer.NewKibana(ctx, in, from, func(typeName string) *eso.Definition {
		place := slices.IndexFunc(o.definitions, func(d *eso.Definition) bool { return d.Type == typeName })
		if place < 0 {
			return nil
		}
		return o.definitions[place]
	})
}

// sayOfKibana says what a store has no place for, and why objects may not open.
func (a *app) sayOfKibana(source transfer.Source) {
	k, ok := source.(*transfer.Kibana)
	if !ok {
		return
	}
	a.sayUnbound(k.Unbound())
	if n := k.Referring(); n > 0 {
		a.say("warning: %s had references to others, which a store has no place for", objectCount(n))
	}
}
