package store_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/pgtest"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// lossy is a way to PostgreSQL on which connections break.
type lossy struct {
	socket string
	word   []byte      // the statement at which one breaks
	armed  atomic.Bool // the next one does
	after  atomic.Bool // the server gets the statement, and only its answer is lost
	broken atomic.Int64
}

func (l *lossy) serve(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		go l.pass(client)
	}
}

// pass copies what both sides say, until the word is said.
func (l *lossy) pass(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", l.socket)
	if err != nil {
		return
	}
	defer server.Close()
	var mute atomic.Bool
	go func() {
		defer client.Close()
		buffer := make([]byte, 64<<10)
		for {
			n, err := server.Read(buffer)
			if err != nil || mute.Load() {
				return
			}
			if _, err := client.Write(buffer[:n]); err != nil {
				return
			}
		}
	}()
	buffer := make([]byte, 1<<20)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if bytes.Contains(buffer[:n], l.word) && l.armed.CompareAndSwap(true, false) {
			l.broken.Add(1)
			if !l.after.Load() {
				return
			}
			mute.Store(true)
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// throughLossy returns a database of its own behind connections that break at a
// word.
func throughLossy(t *testing.T, word string) (database, *lossy) {
	t.Helper()
	dsn, err := url.Parse(pgtest.Shared(t).Schema(t))
	require.NoError(t, err)
	query := dsn.Query()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	l := &lossy{socket: filepath.Join(query.Get("host"), ".s.PGSQL.5432"), word: []byte(word)}
	go l.serve(listener)
	host, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	query.Set("host", host)
	query.Set("port", port)
	query.Set("default_query_exec_mode", "exec") // the text of each statement goes over the wire
	dsn.RawQuery = query.Encode()
	return connect(t, store.PostgreSQL, "pgx", dsn.String()), l
}

// TestConnectionLostInAJob breaks a connection once, in the middle of a job: no
// object fails, and each is counted by its outcome, whether the database had committed
// or not.
func TestConnectionLostInAJob(t *testing.T) {
	for _, word := range []string{"commit", "UPDATE", "SELECT scope, id", "eso_jobs", "begin"} {
		t.Run(word, func(t *testing.T) {
			db, l := throughLossy(t, word)
			ctx := t.Context()
			d := vault(eso.Native, 1, 1)
			fill(t, db.open(t, keyring(t, firstKey), store.Options{}), d, 12)
			to := []string{secondKey, firstKey}
			for _, batch := range []int{1, 5} {
				for _, after := range []bool{false, true} {
					l.after.Store(after)
					s := db.open(t, keyring(t, to[0], to[1]), store.Options{})
					before, met := l.broken.Load(), 0
					report, err := s.Rotate(ctx, []*eso.Definition{d}, store.JobOptions{Batch: batch, Workers: 1, Restart: true, Progress: func(store.Progress) {
						if met++; met == 2 {
							l.armed.Store(true)
						}
					}})
					require.NoError(t, err)
					assert.Equal(t, store.Counts{Done: 12}, report.Counts, "batch %d, after %v", batch, after)
					assert.Empty(t, report.Failures)
					assert.Equal(t, before+1, l.broken.Load())
					to[0], to[1] = to[1], to[0]
				}
			}

			// A type with one object.
			one := vault(eso.Native, 1, 1)
			one.Type = "one"
			fill(t, db.open(t, keyring(t, firstKey), store.Options{}), one, 1)
			s := db.open(t, keyring(t, secondKey, firstKey), store.Options{})
			_, err := s.ModelUsage(ctx)
			require.NoError(t, err)
			l.armed.Store(true)
			report, err := s.Rotate(ctx, []*eso.Definition{one}, store.JobOptions{})
			require.NoError(t, err)
			assert.Equal(t, store.Counts{Done: 1}, report.Counts)
		})
	}
}

// TestUpdateThroughLostConnections has an acknowledged update done, and none done
// twice.
func TestUpdateThroughLostConnections(t *testing.T) {
	db, l := throughLossy(t, "UPDATE")
	ctx := t.Context()
	d := vault(eso.Native, 1, 1)
	s := db.open(t, keyring(t, firstKey), store.Options{})
	ref := fill(t, s, d, 1)[0]
	c := store.Of(s, things(d))
	level := func() (n int) {
		o, err := c.Open(ctx, ref)
		require.NoError(t, err)
		_, err = fmt.Sscan(o.Value.Text("level"), &n)
		require.NoError(t, err)
		return n
	}
	for i := range 10 {
		l.after.Store(i%2 == 0)
		before := level()
		l.armed.Store(true)
		err := c.Update(ctx, ref, func(o *thing) error {
			o.Set("level", fmt.Sprint(before+1))
			return nil
		})
		l.armed.Store(false)
		after := level()
		if err == nil {
			assert.Equal(t, before+1, after)
		} else {
			assert.Equal(t, store.ReasonDatabase, store.ReasonOf(err))
			assert.Contains(t, []int{before, before + 1}, after)
		}
	}
}

// TestDeadlineOnTheWayToTheDatabase has a server that takes connections and says
// nothing: the deadline of the caller is what ends a call, whatever words the
// driver has for it.
func TestDeadlineOnTheWayToTheDatabase(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	host, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	db := connect(t, store.PostgreSQL, "pgx", "host="+host+" port="+port+" user=u dbname=d sslmode=disable")
	var events []store.Event
	s, err := store.New(db.DB, db.Dialect, keyring(t, firstKey), store.Options{Observe: collect(&events)})
	require.NoError(t, err)
	d := vault(eso.Native, 1, 1)
	c := store.Of(s, things(d))
	for i := range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(5+i)*time.Millisecond)
		_, err = c.Get(ctx, eso.Ref{ID: "1"})
		assert.Equal(t, store.ReasonCanceled, store.ReasonOf(err), "%v", err)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = s.Rotate(ctx, []*eso.Definition{d}, store.JobOptions{})
		assert.Equal(t, store.ReasonCanceled, store.ReasonOf(err), "%v", err)
		cancel()
	}
	for _, e := range events {
		assert.Equal(t, store.ReasonCanceled, e.Reason)
	}
}
