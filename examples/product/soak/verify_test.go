package soak

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// verify compares every object with the model, through both releases, while
// nobody else works.
func (w *world) verify(t *testing.T) {
	t.Helper()
	require.NotEmpty(t, w.objects)
	for _, r := range []release{one, two} {
		random := rand.New(rand.NewPCG(0, 0))
		address, _ := w.fleet.any(random, r)
		require.NotEmpty(t, address)
		var all sync.WaitGroup
		const atATime = 8
		for i := range atATime {
			all.Go(func() {
				c := &call{world: w, random: rand.New(rand.NewPCG(0, uint64(i))), address: address, release: r}
				for n := i; n < len(w.objects); n += atATime {
					c.wholly(w.objects[n])
				}
				for n := i; n < len(w.ended); n += atATime {
					c.afterEnd(w.ended[n])
				}
			})
		}
		all.Wait()
	}
}

// wholly compares an object with the model: all groups, the secrets, how often
// it was used.
func (c *call) wholly(o *object) {
	a := ask(http.MethodGet, c.url(o, "/"+o.id), nil)
	if !a.acknowledged() {
		c.failed("%s %s is lost for release %s: status %d: %s", o.plural, o.id, c.release, a.status, a.body)
		return
	}
	c.compare(o, groupsOf[o.plural], a.body)
	elsewhere := c.address + "/api/elsewhere/" + o.plural + "/" + o.id
	if a := ask(http.MethodGet, elsewhere, nil); a.status != http.StatusNotFound {
		c.failed("%s %s is in another namespace too for release %s: status %d", o.plural, o.id, c.release, a.status)
	}
	credentials := "credentials"
	if o.plural == "webhooks" {
		credentials = "target"
	} else {
		c.compareUses(o, a.body)
	}
	c.sign(o, o.groups[credentials])
}

// afterEnd looks for an object that was deleted, or perhaps was.
func (c *call) afterEnd(o *object) {
	a := ask(http.MethodGet, c.url(o, "/"+o.id), nil)
	switch {
	case a.status == http.StatusNotFound:
	case a.acknowledged() && o.life == doubtful:
		c.wholly(o)
	default:
		c.failed("%s %s was deleted, and release %s gets status %d: %s", o.plural, o.id, c.release, a.status, a.body)
	}
}

// plant stores a text in the clear, in a plain attribute.
func (w *world) plant(t *testing.T) {
	t.Helper()
	random := rand.New(rand.NewPCG(0, 0))
	address, r := w.fleet.any(random, two)
	a := ask(http.MethodPost, address+"/api/default/integrations", body(r, state{
		"name": "planted", "text": plantedMarker, "url": "https://service.example", "username": "u", "password": w.secret(),
	}))
	require.Equal(t, http.StatusCreated, a.status, "%s", a.body)
}
