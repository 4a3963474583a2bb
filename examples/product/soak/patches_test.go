package soak

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/pgtest"
)

func TestPatchesOfOneObjectOverPostgreSQL(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	patchesOfOneObject(t, pgtest.Start(t).Database(t))
}

func TestPatchesOfOneObjectOverSQLite(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	patchesOfOneObject(t, "sqlite:"+filepath.Join(t.TempDir(), "product.db"))
}

// patchesOfOneObject has two servers, of two releases, write one object all the
// time: each client has an attribute of its own, and some count. What a client
// has written it reads back at once, and no count is lost. A conflict that is
// reported has written nothing, and the client tries again.
func patchesOfOneObject(t *testing.T, dsn string) {
	const rounds = 40
	s := newSite(t, dsn)
	f := &fleet{servers: []*server{{release: one, site: s}, {release: two, site: s}}}
	t.Cleanup(func() { f.set(t) })
	f.set(t, one, two)
	random := rand.New(rand.NewPCG(1, 1))
	first, _ := f.any(random, one)
	second, _ := f.any(random, two)

	created := ask(http.MethodPost, first+"/api/default/integrations", body(one, state{
		"name": "n", "text": "t", "url": "https://service.example", "username": "u", "password": secretMarker,
	}))
	require.Equal(t, http.StatusCreated, created.status, "%s", created.body)
	var object struct{ ID string }
	require.NoError(t, json.Unmarshal(created.body, &object))
	path := "/api/default/integrations/" + object.ID

	var conflicts atomic.Int64
	untilDone := func(method, url string, body any) answer {
		for {
			a := ask(method, url, body)
			if a.status != http.StatusConflict {
				return a
			}
			conflicts.Add(1)
		}
	}
	var all sync.WaitGroup
	for _, client := range []struct {
		release release
		address string
		name    string
		value   func(n int) string
	}{
		{one, first, "name", func(n int) string { return fmt.Sprintf("name %d", n) }},
		{one, first, "text", func(n int) string { return fmt.Sprintf("text %d", n) }},
		{two, second, "timeout", func(n int) string { return fmt.Sprint(n + 1) }},
		{two, second, "label", func(n int) string { return fmt.Sprintf("label %d", n) }},
	} {
		all.Go(func() {
			for n := range rounds {
				value := client.value(n)
				a := untilDone(http.MethodPatch, client.address+path, body(client.release, state{client.name: value}))
				if !assert.True(t, a.acknowledged(), "status %d: %s", a.status, a.body) {
					return
				}
				var v view
				seen := ask(http.MethodGet, second+path, nil)
				assert.NoError(t, json.Unmarshal(seen.body, &v))
				assert.Equal(t, value, v.state()[client.name])
			}
		})
	}
	for _, address := range []string{first, second} {
		all.Go(func() {
			for range rounds {
				a := untilDone(http.MethodPost, address+path+"/test", map[string]string{"challenge": "x"})
				assert.True(t, a.acknowledged(), "status %d: %s", a.status, a.body)
			}
		})
	}
	all.Wait()
	var v view
	require.NoError(t, json.Unmarshal(ask(http.MethodGet, second+path, nil).body, &v))
	assert.EqualValues(t, 2*rounds, v.Attributes["useCount"])
	assert.Equal(t, state{"name": "name 39", "text": "text 39", "timeout": "40", "label": "label 39"}, state{
		"name": v.state()["name"], "text": v.state()["text"], "timeout": v.state()["timeout"], "label": v.state()["label"],
	})
	t.Logf("%d writes of one object; servers tried %d of them again, clients %d", 6*rounds, len(s.logged(t, retried)), conflicts.Load())
}
