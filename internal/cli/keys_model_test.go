package cli

import (
	"bytes"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/internal/onefile"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esotest"
	"github.com/esogen/esogen/runtime/keyfile"
	"github.com/esogen/esogen/runtime/store"
)

// This file plays commands, rotations and processes in any order, with crashes of the
// commands at every step of a write. What holds after each step:
//
//   - the key file opens, with what the last command that succeeded wrapped it by;
//   - every process, and one that starts now, opens every object but those of a
//     shredded namespace;
//   - a command that crashed can be repeated in the same words;
//
// and at the end a whole rotation succeeds, after which only the new keys are needed.

const modelSpecs = `package specs

import "github.com/esogen/esogen/eso"

token: eso.#Type & {
	namespaces: "single"
	randomID:   false
	models: "1": {attributes: token: string, encrypted: ["token"], aad: []}
}
board: eso.#Type & {
	namespaces: "agnostic"
	randomID:   false
	models: "1": {attributes: token: string, encrypted: ["token"], aad: []}
}
`

func modelDefinition(name string, namespaces eso.Namespaces) *eso.Definition {
	return &eso.Definition{Type: name, Write: 1, Models: []eso.Model{{
		Format: eso.Native, Namespaces: namespaces, Attributes: []eso.Attribute{{Name: "token"}}, Encrypted: []string{"token"}, AAD: []string{},
	}}}
}

var (
	modelTokens = esotest.NewObjects(modelDefinition("token", eso.Single), nil)
	modelBoards = esotest.NewObjects(modelDefinition("board", eso.Agnostic), nil)

	modelNamespaces = []string{"", "acme", "globex", "initech"}
)

// node is a process of the product.
type node struct {
	keys  *keyfile.Keyring
	store *store.Store
}

// world is all that there is.
type world struct {
	t        *rapid.T
	dir      string
	db       *sql.DB
	wrap     string // what wraps the file, as the last command knows
	wraps    int
	nodes    []*node
	objects  int
	tokens   map[eso.Ref]string
	shredded map[string]bool
	made     int // ids of keys

	succeeded map[string]int // how often each command did, over all runs
}

func (w *world) file() string { return filepath.Join(w.dir, "keys.json") }

func (w *world) dsn() string { return "sqlite:store.db" }

// command runs a command of keys. If crash is a step, the command crashes there.
func (w *world) command(crash onefile.Step, args ...string) (code int, said string, crashed bool) {
	var out, stderr bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &out, voice: newVoice(&stderr), providers: []Provider{quickProvider}}
	a.disk.Wait = time.Second
	a.disk.At = func(at onefile.Step) error {
		if at == crash {
			crashed = true
			return onefile.ErrCrash
		}
		return nil
	}
	code = a.run(w.t.Context(), append([]string{"-C", w.dir}, args...))
	if code == 0 {
		w.succeeded[strings.Join(args[:2], " ")]++
	}
	w.t.Logf("esogen %s: %d, crashed %v\n%s%s", strings.Join(args, " "), code, crashed, out.String(), stderr.String())
	return code, stderr.String(), crashed
}

// keysCommand runs a command that may crash, and repeats it if it did. It reports whether
// the command succeeded.
func (w *world) keysCommand(args ...string) (bool, string) {
	steps := []onefile.Step{"", "", onefile.StepStage, onefile.StepTorn, onefile.StepStaged, onefile.StepPlace, onefile.StepPlaced}
	crash := rapid.SampledFrom(steps).Draw(w.t, "crash")
	args = append(args, "--wrap", w.wrap)
	code, said, crashed := w.command(crash, args...)
	if crashed {
		w.check() // before anybody mends anything
		code, said, _ = w.command("", args...)
	}
	return code == 0, said
}

// current opens the file as it is on the disk, by what may wrap it now.
func (w *world) current() *keyfile.File {
	text, err := os.ReadFile(w.file())
	require.NoError(w.t, err)
	info, err := keyfile.Inspect(text)
	require.NoError(w.t, err)
	wrapper, err := newQuickWrapper(info.WrapperID)
	require.NoError(w.t, err)
	f, err := keyfile.Read(w.t.Context(), text, wrapper)
	require.NoError(w.t, err)
	return f
}

// start starts a process. The file may be wrapped by what a command that crashed wrapped
// it by.
func (w *world) start() *node {
	wrapper, err := newQuickWrapper(w.current().Info().WrapperID)
	require.NoError(w.t, err)
	keys, err := keyfile.Open(w.t.Context(), w.file(), wrapper, keyfile.Options{Attempts: 1})
	require.NoError(w.t, err)
	s, err := store.New(w.db, store.SQLite, keys, store.Options{})
	require.NoError(w.t, err)
	return &node{keys, s}
}

// register has a process call CheckKeys, as it does at its start and after a refresh.
func (w *world) register(n *node) {
	_, err := n.store.CheckKeys(w.t.Context())
	if err != nil {
		wrong := (*store.KeysError)(nil)
		require.ErrorAs(w.t, err, &wrong)
		require.Empty(w.t, wrong.Report.Different)
		require.Empty(w.t, wrong.Report.Missing, "a process lacks a key that is in use")
		require.Empty(w.t, wrong.Report.Retired, "a process seals under a key that was retired")
	}
}

// refresh has a process read the file again. If something else wraps it by now, the
// process gets that and starts anew.
func (w *world) refresh(i int) {
	if _, err := w.nodes[i].keys.Refresh(w.t.Context()); err != nil {
		require.NoError(w.t, w.nodes[i].store.Leave(w.t.Context()))
		w.nodes[i] = w.start()
	}
	w.register(w.nodes[i])
}

func (w *world) refreshAll() {
	for i := range w.nodes {
		w.refresh(i)
	}
}

// check is what always holds.
func (w *world) check() {
	ctx := w.t.Context()
	for i, n := range append(slices.Clone(w.nodes), w.start()) {
		tokens, boards := store.Of(n.store, modelTokens), store.Of(n.store, modelBoards)
		for ref, text := range w.tokens {
			collection := tokens
			if ref.Type == "board" {
				collection = boards
			}
			o, err := collection.Open(ctx, ref)
			if w.shredded[ref.Namespace] && errors.Is(err, eso.ErrShredded) {
				continue
			}
			require.NoError(w.t, err, "process %d, object %v", i, ref)
			require.Equal(w.t, text, o.Value.Text("token"))
		}
	}
}

// write has a process create an object.
func (w *world) write(i int) {
	w.objects++
	ref := eso.Ref{Type: "token", Namespace: rapid.SampledFrom(modelNamespaces).Draw(w.t, "namespace"), ID: fmt.Sprint(w.objects)}
	collection := store.Of(w.nodes[i].store, modelTokens)
	if rapid.IntRange(0, 3).Draw(w.t, "type") == 0 {
		ref.Type, ref.Namespace = "board", ""
		collection = store.Of(w.nodes[i].store, modelBoards)
	}
	text := fmt.Sprintf(`"secret %d"`, w.objects)
	_, err := collection.Create(w.t.Context(), ref, esotest.NewObject(map[string]string{"token": text}))
	if ref.Namespace != "" && errors.Is(err, eso.ErrNoKey) {
		return // it was not provisioned, or it was shredded
	}
	require.NoError(w.t, err)
	w.tokens[ref] = text
}

func (w *world) id() string {
	w.made++
	return fmt.Sprintf("key-%d", w.made)
}

// someKey returns the id of a key of the file, or of one that it never had.
func (w *world) someKey() string {
	ids := []string{"nobody's"}
	for _, k := range w.current().Info().Keys {
		ids = append(ids, k.ID)
	}
	return rapid.SampledFrom(ids).Draw(w.t, "key")
}

// steps are what may happen.
func (w *world) steps() map[string]func(*rapid.T) {
	node := func() int { return rapid.IntRange(0, len(w.nodes)-1).Draw(w.t, "process") }
	namespace := func() string { return rapid.SampledFrom(modelNamespaces[1:]).Draw(w.t, "namespace") }
	steps := map[string]func(){
		"": func() { w.check() },
		"add": func() {
			args := []string{"keys", "add", "keys.json"}
			switch rapid.IntRange(0, 2).Draw(w.t, "whose") {
			case 0:
				args = append(args, "--id", w.id())
			case 1:
				args = append(args, "--namespace", namespace())
			case 2:
				args = append(args, "--missing")
				for _, n := range modelNamespaces[1:] {
					if !w.shredded[n] {
						args = append(args, "--namespace", n)
					}
				}
				if len(args) == 4 {
					return
				}
			}
			w.keysCommand(args...)
		},
		"primary": func() {
			args := []string{"keys", "primary", "keys.json", "--dsn", w.dsn()}
			if rapid.Bool().Draw(w.t, "namespaces") {
				args = append(args, "--namespaces")
			} else {
				args = append(args, w.someKey())
			}
			w.keysCommand(args...)
		},
		"rotate": func() { w.command("", "rotate", "--keys", "keys.json", "--wrap", w.wrap, "--dsn", w.dsn()) },
		"retire": func() { w.keysCommand("keys", "retire", "keys.json", w.someKey(), "--dsn", w.dsn()) },
		"rewrap": func() {
			if rapid.Bool().Draw(w.t, "same") {
				w.keysCommand("keys", "rewrap", "keys.json")
				return
			}
			w.wraps++
			to := fmt.Sprintf("quick://%d", w.wraps)
			ok, _ := w.keysCommand("keys", "rewrap", "keys.json", "--to", to)
			require.True(w.t, ok)
			w.wrap = to
		},
		"shred": func() {
			n := namespace()
			shredding := w.shredded[n]
			w.shredded[n] = true // a crash may come after the rename
			ok, _ := w.keysCommand("keys", "shred", "keys.json", "--namespace", n, "--dsn", w.dsn())
			w.shredded[n] = ok || shredding
		},
		"confirm":     func() { w.keysCommand("keys", "shred", "keys.json", "--namespace", namespace(), "--confirm") },
		"refresh":     func() { w.refresh(node()) },
		"all refresh": func() { w.refreshAll() },
		"steps": func() { // as they are printed, but that some processes may be late
			if !w.shredded["acme"] {
				w.keysCommand("keys", "add", "keys.json", "--namespace", "acme")
			}
			id := w.id()
			w.keysCommand("keys", "add", "keys.json", "--id", id)
			w.refreshAll()
			w.keysCommand("keys", "primary", "keys.json", "--dsn", w.dsn(), id, "--namespaces")
			if rapid.Bool().Draw(w.t, "all") {
				w.refreshAll()
			}
			w.command("", "rotate", "--keys", "keys.json", "--wrap", w.wrap, "--dsn", w.dsn())
			for _, k := range w.current().Info().Keys {
				if !k.Primary {
					w.keysCommand("keys", "retire", "keys.json", k.ID, "--dsn", w.dsn())
				}
			}
			w.write(node())
		},
		"restart": func() {
			i := node()
			require.NoError(w.t, w.nodes[i].store.Leave(w.t.Context()))
			w.nodes[i] = w.start()
			w.register(w.nodes[i])
		},
		"write": func() { w.write(node()) },
	}
	checked := map[string]func(*rapid.T){}
	for name, step := range steps {
		checked[name] = func(t *rapid.T) { step() }
	}
	return checked
}

// finish rotates everything, as the commands say, and retires what was before.
func (w *world) finish() {
	all := w.refreshAll
	must := func(args ...string) {
		code, said, _ := w.command("", append(args, "--wrap", w.wrap)...)
		require.Zero(w.t, code, "%v: %s", args, said)
	}
	add := []string{"keys", "add", "keys.json"}
	for _, n := range modelNamespaces[1:] {
		if !w.shredded[n] {
			add = append(add, "--namespace", n)
		}
	}
	if len(add) > 3 {
		must(add...)
	}
	must("keys", "add", "keys.json", "--id", "last")
	all()
	promote := []string{"keys", "primary", "keys.json", "last", "--dsn", w.dsn(), "--namespaces"}
	must(promote...)
	all()
	w.check()
	must("rotate", "--keys", "keys.json", "--dsn", w.dsn(), "--restart")
	for _, k := range w.current().Info().Keys {
		if !k.Primary {
			must("keys", "retire", "keys.json", k.ID, "--dsn", w.dsn())
		}
	}
	all()
	w.check()
	must("keys", "check", "keys.json", "--dsn", w.dsn())
	for _, k := range w.current().Info().Keys {
		require.True(w.t, k.Primary)
	}
	w.forget(all, must)
}

// forget shreds a namespace that is left: nothing of it opens any more, and all else does.
func (w *world) forget(all func(), must func(...string)) {
	for _, n := range modelNamespaces[1:] {
		if w.shredded[n] {
			continue
		}
		must("keys", "shred", "keys.json", "--namespace", n, "--dsn", w.dsn())
		w.shredded[n] = true
		all()
		w.check()
		for _, node := range w.nodes {
			for ref := range w.tokens {
				if ref.Namespace == n {
					_, err := store.Of(node.store, modelTokens).Open(w.t.Context(), ref)
					require.ErrorIs(w.t, err, eso.ErrShredded)
				}
			}
		}
		must("rotate", "--keys", "keys.json", "--dsn", w.dsn(), "--restart")
		return
	}
}

func TestKeysInAnyOrder(t *testing.T) {
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		few := "20"
		if testing.Short() {
			few = "6"
		}
		require.NoError(t, checks.Value.Set(few))
		defer checks.Value.Set(checks.DefValue)
	}
	succeeded := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "esogen-keys-")
		require.NoError(t, err)
		defer os.RemoveAll(dir)
		require.NoError(t, os.Mkdir(filepath.Join(dir, "specs"), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "specs", "specs.cue"), []byte(modelSpecs), 0o600))
		db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.Join(dir, "store.db")}).EscapedPath()+
			"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_txlock=immediate")
		require.NoError(t, err)
		defer db.Close()
		w := &world{t: t, dir: dir, db: db, wrap: "quick://0", tokens: map[eso.Ref]string{}, shredded: map[string]bool{}, succeeded: succeeded}
		code, said, _ := w.command("", "keys", "make", "keys.json", "--id", "first", "--wrap", w.wrap)
		require.Zero(t, code, said)
		for range 3 {
			w.nodes = append(w.nodes, w.start())
		}
		require.NoError(t, w.nodes[0].store.CreateSchema(t.Context()))
		for _, n := range w.nodes {
			w.register(n)
		}
		t.Repeat(w.steps())
		w.finish()
	})
	for _, command := range []string{"add", "primary", "retire", "rewrap", "shred", "check"} {
		if testing.Short() {
			break // the runs are few and short
		}
		assert.NotZero(t, succeeded["keys "+command], "the runs had no chance to find anything about %s: %v", command, succeeded)
	}
	t.Log(succeeded)
}
