package soak

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
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
		(&call{world: w, random: random, address: address, release: r}).pages()
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

// pages sees that lists have every object once, page by page.
func (c *call) pages() {
	listed := map[string]int{}
	for _, namespace := range namespaces {
		for _, plural := range []string{"integrations", "webhooks"} {
			for after := ""; ; {
				var page struct {
					Objects []view
					After   string
				}
				a := ask(http.MethodGet, c.address+"/api/"+namespace+"/"+plural+"?limit=7&after="+url.QueryEscape(after), nil)
				if err := json.Unmarshal(a.body, &page); err != nil || !a.acknowledged() {
					c.failed("a list of %s by release %s: status %d: %s", plural, c.release, a.status, a.body)
					return
				}
				for _, v := range page.Objects {
					listed[namespace+"/"+plural+"/"+v.ID]++
				}
				if after = page.After; after == "" {
					break
				}
			}
		}
	}
	known := 0
	for _, o := range append(slices.Clone(c.objects), c.world.ended...) {
		n := listed[o.namespace+"/"+o.plural+"/"+o.id]
		known += n
		if n > 1 || n == 0 && o.life == alive || n == 1 && o.life == gone {
			c.failed("lists of release %s have %s %s %d times", c.release, o.plural, o.id, n)
		}
	}
	if known != len(listed) {
		c.failed("lists of release %s have %d objects, and %d of them are known", c.release, len(listed), known)
	}
}

// wholly compares an object with the model: all groups, the secrets, how often
// it was used.
func (c *call) wholly(o *object) {
	a := ask(http.MethodGet, c.url(o, "/"+o.id), nil)
	if c.forgotten(o) {
		if a.status != http.StatusGone {
			c.failed("%s %s of a shredded namespace by release %s: status %d: %s", o.plural, o.id, c.release, a.status, a.body)
		}
		return
	}
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
	case (a.acknowledged() || c.forgotten(o)) && o.life == doubtful:
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
