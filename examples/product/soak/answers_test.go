package soak

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
)

// TestAnswers sees what a service says to requests that it refuses, and that no
// refusal repeats a secret.
func TestAnswers(t *testing.T) {
	s := newSite(t, "sqlite:"+filepath.Join(t.TempDir(), "product.db"))
	f := &fleet{servers: []*server{{release: two, site: s}}}
	t.Cleanup(func() { f.set(t) })
	f.set(t, two)
	address, _ := f.any(rand.New(rand.NewPCG(1, 1)), two)
	integrations, webhooks := address+"/api/sales/integrations", address+"/api/sales/webhooks"

	type fields = map[string]any
	with := func(base fields, name string, value any) fields {
		next := fields{name: value}
		for other, value := range base {
			if other != name {
				next[other] = value
			}
		}
		return next
	}
	good := fields{"name": "n", "url": "https://service.example", "username": "u", "password": secretMarker}
	hook := fields{"url": "https://hooks.example", "signingSecret": secretMarker, "events": []string{}}
	id, hookID := eso.NewID(), eso.NewID()
	for _, c := range []struct {
		what, method, url string
		body              any
		status            int
	}{
		{"an object", "POST", integrations + "?id=" + id, good, 201},
		{"the same again", "POST", integrations + "?id=" + id, good, 409},
		{"the id in another namespace, which is part of the identity", "POST", address + "/api/lab/integrations?id=" + id, good, 201},
		{"an id that is no UUID", "POST", integrations + "?id=me", good, 422},
		{"a name that the service does not know", "POST", integrations, with(good, "pasword", secretMarker), 400},
		{"no name", "POST", integrations, with(good, "name", ""), 422},
		{"a wrong address", "POST", integrations, with(good, "url", "gopher://x"), 422},
		{"an unknown region", "POST", integrations, with(good, "region", "moon"), 422},
		{"a password that is none", "POST", integrations, with(good, "password", []string{secretMarker}), 400},
		{"half seconds", "POST", integrations, with(good, "timeout", "1.5s"), 400},
		{"more than an hour", "PATCH", integrations + "/" + id, fields{"timeout": "61m"}, 400},
		{"a patch of what is bound", "PATCH", integrations + "/" + id, fields{"url": "https://evil.example"}, 400},
		{"a patch of a secret", "PATCH", integrations + "/" + id, fields{"password": secretMarker}, 400},
		{"a patch of nobody", "PATCH", integrations + "/" + eso.NewID(), fields{"name": "x"}, 404},
		{"a patch of nothing", "PATCH", integrations + "/" + id, fields{}, 204},
		{"a wrong list", "GET", integrations + "?password=" + secretMarker, nil, 400},
		{"a list of too many", "GET", integrations + "?limit=1001", nil, 400},
		{"a place that no list has given", "GET", integrations + "?after=here", nil, 400},
		{"no such type", "GET", address + "/api/sales/passwords", nil, 404},
		{"a webhook", "POST", webhooks + "?id=" + hookID, hook, 201},
		{"its id in another namespace, where it is taken", "POST", address + "/api/lab/webhooks?id=" + hookID, hook, 409},
		{"a webhook of another namespace", "DELETE", address + "/api/lab/webhooks/" + hookID, nil, 404},
		{"a webhook of another namespace", "GET", address + "/api/lab/webhooks/" + hookID, nil, 404},
		{"a webhook of another namespace", "PATCH", address + "/api/lab/webhooks/" + hookID, fields{}, 404},
		{"a namespace that is none", "POST", address + "/api/Sales/webhooks", hook, 422},
		{"a webhook", "DELETE", webhooks + "/" + hookID, nil, 204},
		{"a webhook that is gone", "DELETE", webhooks + "/" + hookID, nil, 404},
	} {
		a := ask(c.method, c.url, c.body)
		assert.Equal(t, c.status, a.status, "%s: %s", c.what, a.body)
		assert.NotContains(t, string(a.body), secretMarker, c.what)
	}
	var v view
	require.NoError(t, json.Unmarshal(ask(http.MethodGet, integrations+"/"+id, nil).body, &v))
	assert.Equal(t, "https://service.example", v.Attributes["url"])
	found, _ := search(t, secretMarker, s.logs)
	assert.Empty(t, found, "secrets in logs")
}
