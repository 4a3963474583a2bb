package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	eso "github.com/esogen/esogen/runtime"
)

// ProcessGrace is how long a process counts as live after it has called
// [Store.CheckKeys], unless the caller asks for another time.
const ProcessGrace = 10 * time.Minute

// forgetAfter is how long the registration of a process is kept. A live process
// repeats it long before. Nor is one kept that is so far in the future.
const forgetAfter = time.Hour

// Process is a process that has called [Store.CheckKeys].
type Process struct {
	ID      string    // random
	About   string    // Options.Process
	Seals   string    // the id of the key that seals for the installation, or ""
	Sound   bool      // its keyring fitted the database
	Started time.Time // by the clock of the database
	Seen    time.Time // when it called CheckKeys last

	known string // see compactIDs
}

// Lacks returns those of some ids of keys that the process does not have. A registration
// that cannot be parsed lacks all.
func (p Process) Lacks(ids ...string) []string {
	has := map[string]bool{}
	all, err := base64.RawStdEncoding.Strict().DecodeString(p.known)
	for size := len(hashID("")); err == nil && len(all) >= size; all = all[size:] {
		has[string(all[:size])] = true
	}
	var lacking []string
	for _, id := range ids {
		if !has[hashID(id)] {
			lacking = append(lacking, id)
		}
	}
	return lacking
}

// Processes returns the live processes: those that have called [Store.CheckKeys] within
// the grace, in the order of their ids. 0 means [ProcessGrace]; no registration is kept
// for more than an hour. A process that never calls CheckKeys is not among them.
func (s *Store) Processes(ctx context.Context, grace time.Duration) ([]Process, error) {
	return s.processes(ctx, grace, func(Process, string) bool { return true })
}

// ProcessesLacking returns the live processes that do not have a key: they cannot open
// what is sealed under it. Before a key becomes the primary one, there must be none.
// The grace is that of [Store.Processes].
func (s *Store) ProcessesLacking(ctx context.Context, id string, grace time.Duration) ([]Process, error) {
	return s.processes(ctx, grace, func(p Process, _ string) bool { return len(p.Lacks(id)) > 0 })
}

// ProcessesSealing returns the live processes that seal under a key, or may: those whose
// keyring says that it seals under it for the installation, and those whose SealingMark
// differs from the one of this keyring, which has to be the newest. Before a key is
// retired, there must be none. The grace is that of [Store.Processes].
//
// If a keyring chooses keys for objects and has no SealingMark, nobody knows what else its
// process seals under: see [Store.Rotate].
func (s *Store) ProcessesSealing(ctx context.Context, id string, grace time.Duration) ([]Process, error) {
	return s.ProcessesSealingAny(ctx, []string{id}, grace)
}

// ProcessesSealingAny is [Store.ProcessesSealing] for several keys, asked once.
func (s *Store) ProcessesSealingAny(ctx context.Context, ids []string, grace time.Duration) ([]Process, error) {
	own, err := s.sealingMark(ctx)
	if err != nil {
		return nil, withDefaultOp(err, OpKeys, eso.Ref{})
	}
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	return s.processes(ctx, grace, func(p Process, mark string) bool { return wanted[p.Seals] || mark != own })
}

// maxProcesses is how many processes may be registered, and maxAllKnown how much the
// lists of their keys may take together: what is beyond it counts as no list. No product
// has as many.
const (
	maxProcesses = 10_000
	maxAllKnown  = 64 << 20
)

func (s *Store) processes(ctx context.Context, grace time.Duration, wanted func(p Process, mark string) bool) (found []Process, err error) {
	if grace <= 0 {
		grace = ProcessGrace
	}
	err = s.check(ctx)
	if err == nil {
		err = s.retryRead(ctx, func() error {
			found = nil
			n, size := 0, 0
			return s.each(ctx, "SELECT {process} FROM {schema}eso_processes WHERE {live} ORDER BY process LIMIT ?",
				[]any{int64(min(grace, forgetAfter) / time.Second), maxProcesses + 1}, func(rows *sql.Rows) error {
					var id, about, seals, mark, known text
					var sound, started, seen integer
					if err := rows.Scan(&id, &about, &sound, &seals, &mark, &known, &started, &seen); err != nil {
						return err
					}
					if n++; n > maxProcesses {
						return fmt.Errorf("%w: more than %d processes are registered, which somebody has forged: delete the rows of eso_processes", eso.ErrTooLarge, maxProcesses)
					}
					if size += len(known.text); size > maxAllKnown {
						known.text = ""
					}
					p := Process{clip(id.text), clip(about.text), clip(seals.text), sound == 1, time.Unix(int64(started), 0).UTC(), time.Unix(int64(seen), 0).UTC(), known.text}
					if wanted(p, mark.text) {
						found = append(found, p)
					}
					return nil
				})
		})
	}
	return found, withDefaultOp(err, OpKeys, eso.Ref{})
}

// Leave takes back the registration of this process, at its end. The next call of
// [Store.CheckKeys] registers it again.
func (s *Store) Leave(ctx context.Context) error {
	err := s.check(ctx)
	if err == nil {
		s.canary.mu.Lock()
		s.canary.known = ""
		s.canary.mu.Unlock()
		err = s.retryRead(ctx, func() error {
			_, err := s.db.ExecContext(ctx, s.statement("DELETE FROM {schema}eso_processes WHERE process = ?"), s.processID())
			return s.fromDatabase(ctx, err)
		})
	}
	return withDefaultOp(err, OpKeys, eso.Ref{})
}

// register notes this process, and removes the registrations of those that have gone.
func (s *Store) register(ctx context.Context, tx *sql.Tx, own *ownKeys, sound bool) error {
	fits := 0
	if sound {
		fits = 1
	}
	process, about := s.processID(), s.about()
	set, args := "", []any{about, fits, own.seals, own.mark}
	s.canary.mu.Lock()
	if s.canary.known != own.known || len(own.known) < 4<<10 { // a long list is written once
		set, args = ", known = ?", append(args, own.known)
	}
	s.canary.mu.Unlock()
	result, err := tx.ExecContext(ctx, s.statement("UPDATE {schema}eso_processes SET about = ?, sound = ?, seals = ?, mark = ?, seen = {now}"+set+" WHERE process = ?"),
		append(args, process)...)
	there, err := s.affected(ctx, result, err)
	if err != nil {
		return err
	}
	if !there {
		_, err := tx.ExecContext(ctx, s.statement(`INSERT INTO {schema}eso_processes (process, about, sound, seals, mark, known, started, seen)
			VALUES (?, ?, ?, ?, ?, ?, {now}, {now}) {unlessItExists}`), process, about, fits, own.seals, own.mark, own.known)
		if err != nil {
			return s.fromDatabase(ctx, err)
		}
	}
	keep := int64(forgetAfter / time.Second)
	_, err = tx.ExecContext(ctx, s.statement("DELETE FROM {schema}eso_processes WHERE seen < {now} - ? OR seen > {now} + ?"), keep, keep)
	return s.fromDatabase(ctx, err)
}

// processID returns the random name of this process.
func (s *Store) processID() string {
	s.canary.mu.Lock()
	defer s.canary.mu.Unlock()
	if s.canary.process == "" {
		s.canary.process = eso.NewID()
	}
	return s.canary.process
}

// about returns what people are told of this process.
func (s *Store) about() string {
	if s.options.Process != "" {
		return clip(s.options.Process)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return clip(fmt.Sprintf("%s, process %d", host, os.Getpid()))
}

// A registration has the first eight bytes of the hash of each id, sorted: short, and
// enough to ask for a key.

func hashID(id string) string {
	sum := sha256.Sum256([]byte("esogen key id v1|" + id))
	return string(sum[:8])
}

func compactIDs(ids []string) string {
	hashes := make([]string, len(ids))
	for i, id := range ids {
		hashes[i] = hashID(id)
	}
	slices.Sort(hashes)
	return base64.RawStdEncoding.EncodeToString([]byte(strings.Join(hashes, "")))
}
