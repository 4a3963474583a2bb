package soak

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	eso "github.com/esogen/esogen/runtime"
)

// world is what all clients share: the servers, and what they have made.
type world struct {
	t      *testing.T
	fleet  *fleet
	marker string // is in every secret, and nowhere else
	most   int    // how many objects

	releases atomic.Pointer[[]release] // whose servers clients ask
	shredded atomic.Pointer[string]    // the namespace whose keys are destroyed, or nil
	secrets  atomic.Int64
	counts   counts

	mu      sync.Mutex
	objects []*object // that are in use
	ended   []*object // that are not, any more
	wrong   int
}

// forgotten reports whether the key of an object is destroyed. The installation's key
// seals webhooks, whose format does not bind the namespace.
func (w *world) forgotten(o *object) bool {
	namespace := w.shredded.Load()
	return namespace != nil && o.namespace == *namespace && o.plural == "integrations"
}

// counts are the figures of a run.
type counts struct {
	acknowledged, unanswered, conflicts, gone, nobody atomic.Int64
}

// failed reports what contradicts the model, the first times.
func (w *world) failed(format string, args ...any) {
	w.mu.Lock()
	w.wrong++
	n := w.wrong
	w.mu.Unlock()
	if n <= 20 {
		w.t.Errorf(format, args...)
	}
}

// secret makes a secret that no other is like. What JSON escapes is in it.
func (w *world) secret() string {
	return fmt.Sprintf("%s %d \"quoted\" <é>\n%s", w.marker, w.secrets.Add(1), w.marker)
}

// work is a client: it does one operation after the other until the context
// ends.
func (w *world) work(ctx context.Context, random *rand.Rand) {
	for ctx.Err() == nil {
		address, r := w.fleet.any(random, *w.releases.Load()...)
		if address == "" {
			w.counts.nobody.Add(1)
			time.Sleep(20 * time.Millisecond)
			continue
		}
		c := &call{world: w, random: random, address: address, release: r}
		if o := w.choose(random); o == nil || random.IntN(12) == 0 && w.size() < w.most {
			c.create()
		} else {
			c.operate(o)
		}
	}
}

func (w *world) size() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.objects)
}

// choose returns an object, some much more often than others, so that clients
// meet.
func (w *world) choose(random *rand.Rand) *object {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.objects) == 0 {
		return nil
	}
	if random.IntN(3) == 0 {
		return w.objects[random.IntN(min(3, len(w.objects)))]
	}
	return w.objects[random.IntN(len(w.objects))]
}

// call is one operation of a client on a server.
type call struct {
	*world
	random  *rand.Rand
	address string
	release release
}

func (c *call) url(o *object, rest string) string {
	return c.address + "/api/" + o.namespace + "/" + o.plural + rest
}

// note counts an answer, and reports whether the operation happened, or may have.
// What a server may not answer is wrong.
func (c *call) note(o *object, operation string, a answer, allowed ...int) (happened, unsure bool) {
	switch {
	case a.acknowledged():
		c.counts.acknowledged.Add(1)
		return true, false
	case a.unsure():
		c.counts.unanswered.Add(1)
		return false, true
	case a.status == http.StatusConflict:
		c.counts.conflicts.Add(1)
		return false, false
	case a.status == http.StatusGone && c.forgotten(o):
		c.counts.gone.Add(1)
		return false, false
	}
	for _, status := range allowed {
		if a.status == status {
			return false, false
		}
	}
	c.failed("%s of %s %s by release %s: status %d: %s", operation, o.plural, o.id, c.release, a.status, a.body)
	return false, false
}

var namespaces = []string{"default", "sales", "lab"}

func (c *call) create() {
	o := &object{plural: "integrations", namespace: namespaces[c.random.IntN(len(namespaces))], id: eso.NewID(), groups: map[string]*register{}}
	if c.random.IntN(5) == 0 {
		o.plural = "webhooks"
	}
	request := state{}
	for _, group := range groupsOf[o.plural] {
		values := c.values(group)
		if values == nil { // the release has no such attribute
			o.groups[group] = newRegister(state{group: unknown})
			continue
		}
		if group == "credentials" {
			o.groups[group] = newRegister(state{"region": "default"}.with(values))
		} else {
			o.groups[group] = newRegister(state{}.with(values))
		}
		request = request.with(values)
	}
	happened, unsure := c.note(o, "create", ask(http.MethodPost, c.url(o, "?id="+o.id), body(c.release, request)))
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case happened:
		c.objects = append(c.objects, o)
	case unsure:
		o.is(doubtful)
		c.ended = append(c.ended, o)
	}
}

// values returns new values of a group, those that the release can write; nil
// where it has none of them. An empty one is left out or taken away.
func (c *call) values(group string) state {
	n := c.random.Int64()
	secret := func() string {
		if c.random.IntN(2) == 0 {
			return ""
		}
		return c.secret()
	}
	switch group {
	case "name":
		return state{"name": fmt.Sprintf("name %x", n)}
	case "text":
		return state{"text": fmt.Sprintf("a note, \"%x\"\n", n)}
	case "timeout":
		return state{"timeout": fmt.Sprint(1 + c.random.IntN(3600))}
	case "label":
		if c.release == one {
			return nil
		}
		return state{"label": fmt.Sprintf("label %x", n)}
	case "events":
		return state{"events": fmt.Sprintf("created deleted %x", n)}
	case "target":
		return state{"url": fmt.Sprintf("https://hooks.example/%x", n), "signingSecret": c.secret(), "enabled": fmt.Sprint(n%2 == 0)}
	}
	values := state{"url": fmt.Sprintf("https://service.example/%x", n), "username": fmt.Sprintf("user %x", n), "password": c.secret(), "apiKey": secret()}
	if c.release == two {
		values["region"] = []string{"default", "eu", "us"}[c.random.IntN(3)]
		values["refreshToken"] = secret()
	}
	return values
}

// operate does something with an object, unless somebody is about to delete it
// or the group that it would write is in use.
func (c *call) operate(o *object) {
	if c.random.IntN(60) == 0 {
		c.delete(o)
		return
	}
	if !o.enter() {
		return
	}
	defer o.leave()
	if c.random.IntN(5) == 0 {
		c.use(o)
		return
	}
	group := groupsOf[o.plural][c.random.IntN(len(groupsOf[o.plural]))]
	register := o.groups[group]
	if !register.TryLock() {
		return
	}
	defer register.Unlock()
	switch c.random.IntN(6) {
	case 0:
		c.get(o, group)
	case 1:
		switch group {
		case "name", "text":
			c.find(o, group)
		case "credentials", "target":
			c.sign(o, register)
		}
	default:
		c.change(o, group, register)
	}
}

// delete deletes an object, unless it is in use.
func (c *call) delete(o *object) {
	if !o.end() {
		return
	}
	happened, unsure := c.note(o, "delete", ask(http.MethodDelete, c.url(o, "/"+o.id), nil))
	switch {
	case happened:
		o.is(gone)
	case !unsure: // refused: there was a conflict
		o.is(alive)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.objects = slices.DeleteFunc(c.objects, func(other *object) bool { return other == o })
	c.ended = append(c.ended, o)
}

// change writes a group: plain attributes by a patch, credentials as a whole.
func (c *call) change(o *object, group string, register *register) {
	values := c.values(group)
	if values == nil {
		return
	}
	method, rest := http.MethodPatch, "/"+o.id
	if group == "credentials" || group == "target" {
		method, rest = http.MethodPut, "/"+o.id+"/credentials"
	}
	request := state{}.with(values) // without what is to be taken away
	happened, unsure := c.note(o, method, ask(method, c.url(o, rest), body(c.release, request)))
	if !happened && !unsure {
		return
	}
	register.did(func(s state) state {
		if group == "target" && c.release == two {
			s = s.with(state{"previousSecret": s["signingSecret"]})
		}
		return s.with(values)
	}, happened)
}

// use has the secrets used, and does not look at what comes out: the credentials
// may change at the same time.
func (c *call) use(o *object) {
	happened, unsure := c.note(o, "test", ask(http.MethodPost, c.url(o, "/"+o.id+"/test"), map[string]string{"challenge": "x"}))
	if happened || unsure {
		o.used(happened)
	}
}

// sign has the secrets used, and compares what comes out.
func (c *call) sign(o *object, register *register) {
	challenge := fmt.Sprintf("challenge %x", c.random.Int64())
	a := ask(http.MethodPost, c.url(o, "/"+o.id+"/test"), map[string]string{"challenge": challenge})
	happened, unsure := c.note(o, "test", a)
	if happened || unsure {
		o.used(happened)
	}
	if happened {
		c.compareSignatures(o, register, challenge, a.body)
	}
}

func (c *call) compareSignatures(o *object, register *register, challenge string, body []byte) {
	var signatures map[string]string
	if err := json.Unmarshal(body, &signatures); err != nil {
		c.failed("test of %s %s by release %s: %v", o.plural, o.id, c.release, err)
		return
	}
	if !register.signs(challenge, signatures, secretsOf(o.plural, c.release)) {
		c.failed("%s %s has other secrets for release %s than were written", o.plural, o.id, c.release)
	}
}

// get reads the object, and compares one group of it.
func (c *call) get(o *object, group string) {
	a := ask(http.MethodGet, c.url(o, "/"+o.id), nil)
	if happened, _ := c.note(o, "get", a); happened {
		c.compare(o, []string{group}, a.body)
	}
}

func (c *call) compare(o *object, groups []string, body []byte) {
	var v view
	if err := json.Unmarshal(body, &v); err != nil || v.Problem != "" {
		c.failed("get of %s %s by release %s: %v %s", o.plural, o.id, c.release, err, v.Problem)
		return
	}
	if strings.Contains(string(body), c.marker) {
		c.failed("get of %s %s by release %s shows a secret", o.plural, o.id, c.release)
	}
	seen := v.state()
	for _, group := range groups {
		names := namesOf(group, c.release)
		if !o.groups[group].explains(seen, names) {
			c.failed("%s %s, model %d, has another %q for release %s than was written: %q, which is none of %q", o.plural, o.id, v.Model, names, c.release, seen, o.groups[group].possible)
		}
	}
}

// find looks the object up by an attribute that no other has the same of.
func (c *call) find(o *object, group string) {
	possible := o.groups[group].possible
	if len(possible) != 1 {
		return
	}
	filter := url.Values{}
	for name, value := range body(c.release, possible[0]) {
		filter.Set(name, value.(string))
	}
	a := ask(http.MethodGet, c.url(o, "?"+filter.Encode()), nil)
	if happened, _ := c.note(o, "list", a); !happened {
		return
	}
	if c.forgotten(o) {
		return // nor does it find others of its namespace
	}
	var list struct{ Objects []view }
	if err := json.Unmarshal(a.body, &list); err != nil || len(list.Objects) != 1 || list.Objects[0].ID != o.id {
		c.failed("release %s does not find %s %s by its %s alone: %v %s", c.release, o.plural, o.id, group, err, a.body)
	}
}

// compareUses compares how often the secrets were used with what is shown: no
// use that was acknowledged is lost, and none counts twice.
func (c *call) compareUses(o *object, body []byte) {
	var v view
	if err := json.Unmarshal(body, &v); err != nil {
		c.failed("get of %s %s by release %s: %v", o.plural, o.id, c.release, err)
		return
	}
	seen, _ := v.Attributes["useCount"].(float64)
	o.mu.Lock()
	defer o.mu.Unlock()
	if int(seen) < o.uses || int(seen) > o.uses+o.unsure {
		c.failed("%s %s was used %v times, and %d uses were acknowledged, %d not answered", o.plural, o.id, seen, o.uses, o.unsure)
	}
}
