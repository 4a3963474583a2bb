package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	eso "github.com/esogen/esogen/runtime"
)

// ErrKeys means that the keyring of this process does not fit the database:
// [Store.CheckKeys] returns it in a [*KeysError].
var ErrKeys = errors.New("the keys of this process do not fit the database")

// KeyReport is what [Store.CheckKeys] has found. The ids are sorted.
type KeyReport struct {
	Keys  int    // how many keys this process has
	Seals string // the key that seals for the installation, or "" if there is none

	// Missing are keys that this process lacks, and that an object is noted to be
	// under, or that another live process seals under. It has at most 100.
	Missing []string

	// Different are keys that this process has under an id that stands for another
	// key in the database.
	Different []string

	// Shredded are keys of this process that were destroyed on purpose: see KeyShredded.
	Shredded []string

	// Retired is the key that seals for the installation, if it was given up.
	Retired string

	// Newer is the key under which other live processes seal, if it began to seal
	// after the one of this process. It is no error: a rotation has begun, and this
	// process has yet to take the new file in.
	Newer string
}

// sound reports whether the keyring fits.
func (r *KeyReport) sound() bool {
	return len(r.Missing)+len(r.Different)+len(r.Shredded) == 0 && r.Retired == ""
}

// KeysError says in which way the keyring of this process does not fit the database. It
// matches [ErrKeys].
type KeysError struct {
	Report KeyReport
}

// Is reports whether target is ErrKeys.
func (e *KeysError) Is(target error) bool { return target == ErrKeys }

// Error returns one sentence with the way out.
func (e *KeysError) Error() string {
	r := &e.Report
	const older = ": an older key file was put back, or the newest has not arrived; give it the newest"
	switch {
	case len(r.Different) > 0:
		return fmt.Sprintf("this process has another %s than the database was written with: its key file is that of another installation, or was made by hand; give it the one of this database", quoted(r.Different))
	case len(r.Missing) > 0:
		return fmt.Sprintf("this process lacks %s, which the database needs: an older key file was put back, the newest has not arrived, or it is that of another installation; give it the newest of this one", quoted(r.Missing))
	case len(r.Shredded) > 0:
		return fmt.Sprintf("this process has %s, which was shredded%s", quoted(r.Shredded), older)
	default:
		return fmt.Sprintf("this process seals under %s, which was retired%s", quoted([]string{r.Retired}), older)
	}
}

// quoted names keys: the first three.
func quoted(ids []string) string {
	const most = 3
	text := "key "
	if len(ids) > 1 {
		text = "keys "
	}
	for i, id := range ids[:min(most, len(ids))] {
		if i > 0 {
			text += ", "
		}
		text += strconv.Quote(clip(id))
	}
	if more := len(ids) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// KeyState says whether a key is in use.
type KeyState string

const (
	KeyLive     KeyState = "live"
	KeyRetired  KeyState = "retired"  // given up after a rotation: nothing needs it
	KeyShredded KeyState = "shredded" // destroyed on purpose, with what it sealed
)

// CheckKeys compares the keyring of this process with the canary in the database: the
// table eso_keys, which has an id and a check value of every key that a process has
// had. A product calls it after [Store.CreateSchema], before the first object fails,
// and again whenever it has refreshed its keyring, each minute say.
//
// It fails with a [*KeysError], which matches [ErrKeys], if this process lacks a key
// that is in use, has another key under an id, has a key that was shredded, or seals
// under one that was retired. A key that no object and no live process uses is not
// missed. The report is complete in this case too.
//
// If the keyring fits, CheckKeys adds its keys to the canary. It also asks the keyring for
// every other live key there: one that was shredded, for which OpeningKey fails with
// [eso.ErrShredded], or that package keyfile calls retired, is marked so. A process that
// starts with an older key file later is refused, though nobody called
// [Store.MarkKeys]. In any case, CheckKeys registers this process for
// [Store.ProcessesLacking] and [Store.ProcessesSealing], until [Store.Leave] or for an
// hour.
//
// Anyone with write access to the database can forge the canary. CheckKeys then fails
// where it should not, or does not where it should. No operation on an object, and no
// keyring, goes by the canary.
func (s *Store) CheckKeys(ctx context.Context) (KeyReport, error) {
	op := s.begin(OpKeys, eso.Ref{})
	report, err := s.checkKeys(ctx, true)
	return report, op.end(ctx, err)
}

// CompareKeys is CheckKeys of a process that only looks: it writes nothing.
func (s *Store) CompareKeys(ctx context.Context) (KeyReport, error) {
	report, err := s.checkKeys(ctx, false)
	return report, withDefaultOp(err, OpKeys, eso.Ref{})
}

func (s *Store) checkKeys(ctx context.Context, writes bool) (KeyReport, error) {
	if err := s.check(ctx); err != nil {
		return KeyReport{}, err
	}
	own, err := s.ownKeys(ctx)
	if err != nil {
		return KeyReport{}, err
	}
	there, err := s.readCanary(ctx)
	if err != nil {
		return KeyReport{}, err
	}
	report, err := s.compareKeys(ctx, own, there)
	if err != nil {
		return report, err
	}
	if writes {
		if report.sound() {
			there.gone = s.goneKeys(ctx, own, there)
		}
		if err := s.noteKeys(ctx, own, there, report.sound()); err != nil {
			return report, err
		}
	}
	if !report.sound() {
		return report, &KeysError{report}
	}
	return report, nil
}

// compareKeys compares the keys of this process with the canary.
func (s *Store) compareKeys(ctx context.Context, own *ownKeys, there *canaryRows) (KeyReport, error) {
	report := KeyReport{Keys: len(own.checks), Seals: own.seals}
	for _, row := range there.keys {
		check, mine := own.checks[row.id]
		if !mine {
			continue
		}
		switch {
		case row.check != "" && row.check != check:
			report.Different = append(report.Different, row.id)
		case row.state == KeyShredded:
			report.Shredded = append(report.Shredded, row.id)
		case row.state == KeyRetired && row.id == own.seals:
			report.Retired = row.id
		}
	}
	since := func(id string) int64 { return there.keys[id].since }
	for _, id := range there.sealing {
		if id != own.seals && since(id) > since(own.seals) && since(own.seals) > 0 && (report.Newer == "" || since(id) > since(report.Newer)) {
			report.Newer = id
		}
	}
	var err error
	report.Missing, err = s.missingKeys(ctx, own, there)
	slices.Sort(report.Different)
	slices.Sort(report.Shredded)
	return report, err
}

const maxMissing = 100

// missingKeys returns the keys that this process lacks and somebody uses.
func (s *Store) missingKeys(ctx context.Context, own *ownKeys, there *canaryRows) ([]string, error) {
	var missing, unsure []string
	sealing := map[string]bool{}
	for _, id := range there.sealing {
		sealing[id] = true
	}
	for id, row := range there.keys {
		if _, mine := own.checks[id]; !mine && row.state == KeyLive && !sealing[id] {
			unsure = append(unsure, id)
		}
	}
	for id := range sealing {
		if gone, err := s.lacks(ctx, own, id); err != nil {
			return nil, err
		} else if gone {
			missing = append(missing, id)
		}
	}
	used, err := s.usedKeys(ctx, own, unsure, len(there.keys) == 0)
	if err != nil {
		return nil, err
	}
	for _, id := range used {
		if len(missing) >= maxMissing {
			break
		}
		if there.keys[id].state == KeyRetired || there.keys[id].state == KeyShredded {
			continue
		}
		if gone, err := s.lacks(ctx, own, id); err != nil {
			return nil, err
		} else if gone {
			missing = append(missing, id)
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing), nil
}

// lacks reports whether the keyring has no key of an id, and does not say that it was
// shredded.
func (s *Store) lacks(ctx context.Context, own *ownKeys, id string) (bool, error) {
	if _, mine := own.checks[id]; mine {
		return false, nil
	}
	key, err := s.keys.OpeningKey(ctx, eso.Ref{}, id)
	switch {
	case errors.Is(err, eso.ErrShredded):
		return false, nil
	case errors.Is(err, eso.ErrNoKey):
		return true, nil
	}
	return key == nil, err
}

// MarkKeys notes in the canary that keys were retired or shredded,
// so that no process misses them, or that they are live. An id that the
// database has not seen is added. It fails with [eso.ErrInvalid] if the state or an id
// is not valid.
//
// The event of MarkKeys is one of OpKeys with these ids.
func (s *Store) MarkKeys(ctx context.Context, state KeyState, ids ...string) error {
	op := s.begin(OpKeys, eso.Ref{})
	op.KeyIDs = ids
	return op.end(ctx, s.markKeys(ctx, state, ids))
}

// check refuses a state that is none.
func (k KeyState) check() error {
	if !slices.Contains([]KeyState{KeyLive, KeyRetired, KeyShredded}, k) {
		return fmt.Errorf("%w: a key is not %q", eso.ErrInvalid, strings.ToValidUTF8(clip(string(k)), ""))
	}
	return nil
}
