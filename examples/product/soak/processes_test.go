package soak

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// release is one of the product's two.
type release string

const (
	one release = "one"
	two release = "two"
)

// site is where the product runs: its programs, its database, its key file, its
// logs.
type site struct {
	programs, logs string
	keys           *keys
	dsn            string
}

// newSite builds the programs of both releases.
func newSite(t *testing.T, dsn string) *site {
	t.Helper()
	s := &site{programs: t.TempDir(), logs: t.TempDir(), keys: newKeys(t), dsn: dsn}
	build := exec.Command("go", "build", "-o", s.programs, "../one", "../two")
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)
	return s
}

// start starts a program of a release. Its log goes to a file, and to watch,
// line by line, if that is given.
func (s *site) start(r release, watch func(line string), args ...string) (*exec.Cmd, io.ReadCloser, error) {
	args = append(args[:1:1], append([]string{"--dsn", s.dsn, "--keys", s.keys.path, "--passphrase-file", s.keys.passphrase}, args[1:]...)...)
	cmd := exec.Command(filepath.Join(s.programs, string(r)), args...)
	log, err := os.CreateTemp(s.logs, string(r)+"-"+args[0]+"-*.log")
	if err != nil {
		return nil, nil, err
	}
	cmd.Stderr = log
	if watch != nil {
		cmd.Stderr = io.MultiWriter(log, &lines{each: watch})
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	return cmd, stdout, cmd.Start()
}

// lines is a writer that hands on whole lines.
type lines struct {
	rest string
	each func(string)
}

func (l *lines) Write(p []byte) (int, error) {
	l.rest += string(p)
	for {
		line, rest, found := strings.Cut(l.rest, "\n")
		if !found {
			return len(p), nil
		}
		l.rest = rest
		l.each(line)
	}
}

// run runs a command of a release to its end, and returns what it printed.
func (s *site) run(r release, args ...string) (string, error) {
	cmd, stdout, err := s.start(r, nil, args...)
	if err != nil {
		return "", err
	}
	output, err := io.ReadAll(stdout)
	return string(output), errors.Join(err, cmd.Wait())
}

// logged returns the lines of the logs that have a text. In none of them, anybody
// panics.
func (s *site) logged(t *testing.T, what string) (found []string) {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(s.logs, "*.log"))
	require.NoError(t, err)
	for _, path := range logs {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.NotContains(t, string(text), "panic", path)
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, what) {
				found = append(found, line)
			}
		}
	}
	return found
}

// What processes log when they retry a write because others wrote the object, and when
// a job continues after it was killed.
const (
	retried = `"msg":"retried"`
	resumed = `"resumed":true`
)

// server is a server process. Its address is "" while it does not run.
type server struct {
	release release
	site    *site
	spared  atomic.Bool // torment leaves it alone

	mu     sync.Mutex // held while the process is started, killed or sent a signal
	cmd    *exec.Cmd
	starts int

	address    atomic.Pointer[string]
	generation atomic.Int64 // of the key file, as the process logged it
}

// up starts the server, unless it runs.
func (v *server) up() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.cmd != nil {
		return nil
	}
	v.generation.Store(0)
	v.starts++
	cmd, stdout, err := v.site.start(v.release, v.watch, "serve", "--listen", "127.0.0.1:0", "--refresh", refresh.String())
	if err != nil {
		return err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return errors.Join(errors.New("the server did not start"), err, cmd.Wait())
	}
	_, address, _ := strings.Cut(strings.TrimSpace(line), " on ")
	v.cmd = cmd
	v.address.Store(&address)
	return nil
}

// watch reads from the log which keys the process has.
func (v *server) watch(line string) {
	var entry struct {
		Message    string `json:"msg"`
		Generation int64
	}
	if json.Unmarshal([]byte(line), &entry) == nil && entry.Message == "keys" {
		v.generation.Store(entry.Generation)
	}
}

// kill ends the server with SIGKILL, if it runs.
func (v *server) kill() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.cmd == nil {
		return
	}
	v.address.Store(nil)
	v.cmd.Process.Kill()
	v.cmd.Wait()
	v.cmd = nil
}

// fleet is all server processes, in the order in which they are started.
type fleet struct {
	servers []*server
	kills   atomic.Int64
}

// any returns the address of a server of one of the releases, and which release
// it is; "" where none runs at the moment.
func (f *fleet) any(random *rand.Rand, of ...release) (string, release) {
	for _, i := range random.Perm(len(f.servers)) {
		v := f.servers[i]
		if address := v.address.Load(); address != nil && slices.Contains(of, v.release) {
			return *address, v.release
		}
	}
	return "", ""
}

// set kills the servers of other releases than these, and starts those of these
// that do not run.
func (f *fleet) set(t *testing.T, releases ...release) {
	t.Helper()
	var all sync.WaitGroup
	failed := make([]error, len(f.servers))
	for i, v := range f.servers {
		if slices.Contains(releases, v.release) {
			all.Go(func() { failed[i] = v.up() })
		} else {
			v.kill()
		}
	}
	all.Wait()
	require.NoError(t, errors.Join(failed...))
}

// refresh sends SIGHUP to every server that runs, and waits until all of them have
// taken the key file in, of that generation.
func (f *fleet) refresh(t *testing.T, generation int64) {
	t.Helper()
	for _, v := range f.servers {
		v.mu.Lock()
		if v.cmd != nil {
			v.cmd.Process.Signal(syscall.SIGHUP)
		}
		v.mu.Unlock()
	}
	require.Eventually(t, func() bool {
		return !slices.ContainsFunc(f.servers, func(v *server) bool {
			return v.address.Load() != nil && v.generation.Load() < generation
		})
	}, time.Minute, 5*time.Millisecond, "a server has not taken in generation %d of the key file", generation)
}

// torment kills servers of these releases at random and starts them again,
// until the context ends. In the end all of them run.
func (f *fleet) torment(ctx context.Context, random *rand.Rand, pause time.Duration, releases ...release) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause/2 + time.Duration(random.Int64N(int64(pause)))):
		}
		v := f.servers[random.IntN(len(f.servers))]
		if !slices.Contains(releases, v.release) || v.spared.Load() {
			continue
		}
		v.kill()
		f.kills.Add(1)
		if err := v.up(); err != nil {
			return err
		}
	}
}

// job runs a migration or a rotation to its end, and kills it that many times
// in the middle of its work. It returns how often it did. A job that ends with
// objects that it could not do is run again, as an operator would: clients had
// written one of them each time that it tried.
func (s *site) job(random *rand.Rand, r release, kills int, args ...string) (killed int, err error) {
	for again := 0; ; {
		working := make(chan struct{}, 1)
		cmd, stdout, err := s.start(r, func(line string) {
			if strings.Contains(line, `"msg":"progress"`) {
				select {
				case working <- struct{}{}:
				default:
				}
			}
		}, args...)
		if err != nil {
			return killed, err
		}
		ended := make(chan error, 1)
		go func() {
			io.Copy(io.Discard, stdout)
			ended <- cmd.Wait()
		}()
		if killed >= kills {
			err := <-ended
			if again++; err != nil && cmd.ProcessState.ExitCode() == 1 && again < 5 {
				continue
			}
			return killed, err
		}
		select {
		case err := <-ended:
			return killed, err
		case <-working:
		}
		select {
		case err := <-ended:
			return killed, err
		case <-time.After(time.Duration(random.Int64N(int64(50 * time.Millisecond)))):
		}
		cmd.Process.Kill()
		<-ended
		killed++
	}
}
