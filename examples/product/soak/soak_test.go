// Package soak runs both releases of the product on one database, kills their
// processes, and sees that nothing that was acknowledged is lost.
//
//	go test ./soak -run TestSoak -v -args -soak.duration=5m -soak.seed=7
package soak

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/pgtest"
	"github.com/esogen/esogen/runtime/keyfile"
	"github.com/esogen/esogen/runtime/store"
)

var (
	duration  = flag.Duration("soak.duration", 4*time.Second, "how long the parts of the soak take together, beside what the jobs and starts of processes take")
	rounds    = flag.Int("soak.rounds", 1, "how often the product is upgraded, rolled back and given another key")
	seed      = flag.Uint64("soak.seed", 1, "what the choices of the clients follow from")
	processes = flag.Int("soak.processes", 2, "server processes of each release")
	clients   = flag.Int("soak.clients", 6, "clients that work at a time")
	objects   = flag.Int("soak.objects", 400, "objects in use at a time, at the most")
)

func TestSoakOverPostgreSQL(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	cluster := pgtest.Start(t)
	soak(t, cluster.Database(t), *duration, func() []string {
		// What is in memory only is no trace yet.
		db, err := sql.Open("pgx", cluster.DSN)
		require.NoError(t, err)
		defer db.Close()
		_, err = db.ExecContext(t.Context(), "CHECKPOINT")
		require.NoError(t, err)
		return []string{cluster.Data, filepath.Dir(cluster.Log)}
	})
}

func TestSoakOverSQLite(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	folder := t.TempDir()
	soak(t, "sqlite:"+filepath.Join(folder, "product.db"), *duration/2, func() []string { return []string{folder} })
}

// markers are texts that are in every secret and every key, and nowhere else:
// who finds one has found a secret in the clear.
const (
	secretMarker  = "k7Qm2xW9pLr4Zt"
	keyMarker     = "Vb3nHs8yDf5uJc"
	plantedMarker = "gX6eRk1wTa0oNi"
)

// keyTroubles are what processes log if a key is missing when it is needed, or another
// one than was meant.
var keyTroubles = []string{"no key", "does not open", "keys stay as they were", "keys do not fit"}

func keyID(n int) string { return fmt.Sprintf("key-%d", n) }

// keysOf returns the keys of that number: the installation's, and those of namespaces.
func keysOf(n int) []string {
	ids := []string{keyID(n)}
	for _, namespace := range namespaces[1:] {
		ids = append(ids, fmt.Sprintf("%s-%d", namespace, n))
	}
	return ids
}

// passphraseOf returns the key of that number.
func passphraseOf(n int) string {
	return fmt.Sprintf("key %d: %s with at least 32 characters", n, keyMarker)
}

// soak lets clients work while servers are killed, releases come and go, and
// jobs run; then it compares everything with the model. The function settle
// returns the folders of the database, with all that it holds on the disk.
func soak(t *testing.T, dsn string, duration time.Duration, settle func() []string) {
	random := func(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(*seed, stream)) }
	s := newSite(t, dsn)
	f := &fleet{}
	for range *processes {
		f.servers = append(f.servers, &server{release: one, site: s}, &server{release: two, site: s})
	}
	t.Cleanup(func() { f.set(t) })
	w := &world{t: t, fleet: f, marker: secretMarker, most: *objects}

	begin := time.Now()
	p := &play{t: t, world: w, site: s, random: random(0), share: duration / time.Duration(*rounds) / 6}
	f.set(t, one)
	p.ask(one)
	stop, ended := startClients(t, w, random)
	for n := range *rounds {
		p.round(n)
	}
	f.set(t, one, two)
	p.ask(one, two)
	p.unrestarted(func() {
		p.phase(func() { p.shred(namespaces[len(namespaces)-1]) }, one, two)
	})
	stop()
	ended.Wait()
	took := time.Since(begin)

	f.set(t)
	f.set(t, one, two)
	w.verify(t)
	w.plant(t)
	f.set(t)
	noTraces(t, settle(), s.logs)
	shredded := 0
	for _, o := range w.objects {
		if w.forgotten(o) {
			shredded++
		}
	}
	t.Logf("seed %d: %s; %d operations acknowledged, %d without an answer, %d tried again by servers, %d conflicts; %d servers killed, %d jobs killed, %d resumed; %d objects, of which %d shredded, and %d deleted",
		*seed, took.Round(time.Second/10), w.counts.acknowledged.Load(), w.counts.unanswered.Load(), len(s.logged(t, retried)), w.counts.conflicts.Load(),
		f.kills.Load(), p.jobKills.Load(), len(s.logged(t, resumed)), len(w.objects), shredded, len(w.ended))
	assert.Zero(t, w.wrong, "contradictions")
	for _, text := range keyTroubles {
		assert.Empty(t, s.logged(t, text))
	}
	assert.NotZero(t, shredded)
	assert.NotZero(t, w.counts.gone.Load(), "operations that met a shredded object")
	assert.NotZero(t, f.kills.Load())
	assert.NotZero(t, p.jobKills.Load())
}

func startClients(t *testing.T, w *world, random func(uint64) *rand.Rand) (stop func(), ended *sync.WaitGroup) {
	ctx, stop := context.WithCancel(t.Context())
	ended = &sync.WaitGroup{}
	t.Cleanup(func() {
		stop()
		ended.Wait()
	})
	for i := range *clients {
		ended.Go(func() { w.work(ctx, random(uint64(i+1))) })
	}
	return stop, ended
}

// play is what is done to the product while clients work.
type play struct {
	t        *testing.T
	world    *world
	site     *site
	random   *rand.Rand
	share    time.Duration
	jobKills atomic.Int64
}

// round upgrades from release one to release two, with a rollback in between,
// and goes over from one key to the next. The releases take turns in rotating.
func (p *play) round(n int) {
	p.t.Helper()
	f := p.world.fleet
	p.ask(one)
	f.set(p.t, one)
	p.phase(nil, one)

	f.set(p.t, one, two)
	p.ask(one, two)
	p.phase(nil, one, two)

	p.unrestarted(func() {
		p.phase(func() { p.rotation(n) }, one, two)
	})

	// Rolled back, and upgraded again.
	p.ask(one)
	f.set(p.t, one)
	p.phase(nil, one)
	p.onlySealing(one)
	f.set(p.t, one, two)
	p.ask(one, two)
	p.phase(nil, one, two)
	p.ask(two)
	f.set(p.t, two)
	p.phase(func() { p.jobs(2, map[string]release{"migrate": two}) }, two)
	p.onlySealing(two)
}

// ask has clients ask the servers of these releases only.
func (p *play) ask(releases ...release) { p.world.releases.Store(&releases) }

// phase kills servers of these releases at random for a share of the time, and
// for as long as a job takes.
func (p *play) phase(job func(), releases ...release) {
	p.t.Helper()
	share := time.After(p.share)
	ctx, cancel := context.WithCancel(p.t.Context())
	defer cancel()
	tormented := make(chan error, 1)
	random := rand.New(rand.NewPCG(p.random.Uint64(), 0))
	go func() { tormented <- p.world.fleet.torment(ctx, random, 400*time.Millisecond, releases...) }()
	if job != nil {
		job()
	}
	<-share
	cancel()
	require.NoError(p.t, <-tormented)
}

// jobs runs commands over all objects at the same time, and kills each that many
// times before it may end.
func (p *play) jobs(kills int, jobs map[string]release) {
	p.t.Helper()
	var all sync.WaitGroup
	for command, r := range jobs {
		random := rand.New(rand.NewPCG(p.random.Uint64(), 0))
		all.Go(func() {
			killed, err := p.site.job(random, r, kills, command, "--batch", "5")
			p.jobKills.Add(int64(killed))
			assert.NoError(p.t, err, "%s by release %s", command, r)
		})
	}
	all.Wait()
}

// rotation goes over from one set of keys to the next, step by step, while processes of
// both releases run: none of them is restarted for it.
func (p *play) rotation(n int) {
	p.t.Helper()
	k, dsn := p.site.keys, p.site.dsn
	old, next := keysOf(n), keysOf(n+1)
	if n == 0 {
		old = old[:1] // namespaces have none of their own yet
	}
	// A key is known to every process before it seals.
	p.step(func(f *keyfile.File) { k.add(p.t, f, n+1) })
	k.known(p.t, dsn, next)
	p.step(func(f *keyfile.File) {
		for _, id := range next {
			require.NoError(p.t, f.SetPrimary(id))
		}
	})
	p.jobs(2, map[string]release{"migrate": two, "rotate": []release{two, one}[n%2]})
	p.onlySealing(two)
	p.world.fleet.refresh(p.t, k.retire(p.t, dsn, old))
	p.step(func(f *keyfile.File) { require.NoError(p.t, f.Rewrap()) })
}

// step changes the key file, and has every process take it in.
func (p *play) step(change func(f *keyfile.File)) {
	p.t.Helper()
	p.world.fleet.refresh(p.t, p.site.keys.change(p.t, change))
}

// shred destroys the keys of a namespace while clients use it, and runs the jobs over
// what is left.
func (p *play) shred(namespace string) {
	p.t.Helper()
	p.world.shredded.Store(&namespace)
	var ids []string
	p.step(func(f *keyfile.File) {
		var err error
		ids, err = f.Shred(namespace, time.Now())
		require.NoError(p.t, err)
	})
	p.site.keys.mark(p.t, p.site.dsn, store.KeyShredded, ids)
	p.jobs(0, map[string]release{"migrate": two, "rotate": one})
}

// unrestarted does something, during which a server of each release is spared, and
// sees that these serve on as the processes that they were.
func (p *play) unrestarted(do func()) {
	p.t.Helper()
	spared := p.world.fleet.servers[:2]
	var starts []int
	for _, v := range spared {
		v.spared.Store(true)
		defer v.spared.Store(false)
		starts = append(starts, v.starts)
	}
	do()
	for i, v := range spared {
		assert.NotNil(p.t, v.address.Load())
		assert.Equal(p.t, starts[i], v.starts, "release %s was restarted", v.release)
	}
}

// onlySealing sees that an operator is told that all keys but those that seal may
// go.
func (p *play) onlySealing(r release) {
	p.t.Helper()
	usage, err := p.site.run(r, "usage")
	require.NoError(p.t, err)
	for line := range strings.Lines(usage) {
		assert.Contains(p.t, p.site.keys.sealing(p.t), strings.Fields(line)[0], "the keys in use:\n%s", usage)
	}
	assert.NotEmpty(p.t, usage)
}

// noTraces searches the files of the database and the logs.
func noTraces(t *testing.T, database []string, logs string) {
	t.Helper()
	for _, marker := range []string{secretMarker, keyMarker} {
		found, read := search(t, marker, append(database, logs)...)
		assert.Empty(t, found, "secrets in the clear")
		t.Logf("searched %d MB for %d forms of a marker", read>>20, len(formsOf(marker)))
	}
	// The search does find what is in the clear.
	found, _ := search(t, plantedMarker, database...)
	assert.NotEmpty(t, found, "what was planted in a note")
	require.NoError(t, os.WriteFile(filepath.Join(logs, "planted.log"), []byte(`{"error":"`+plantedMarker+`"}`), 0o600))
	found, _ = search(t, plantedMarker, logs)
	assert.Len(t, found, 1, "what was planted in a log")
}
