package store

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

// importNote says which objects of a batch are stored: a bit for each, in the order of
// the batch. The table eso_imports has a row for each batch:
//
//	stream  the name of the import
//	batch   the number of the batch
//	mark    what identifies the objects of the batch
//	done    the bits in base64, "." and a MAC over all four, in hex
type importNote struct {
	stored string // the column done as it was read
	exists bool
	bits   []byte
}

// has reports whether the object at a place is stored.
func (n *importNote) has(place int) bool {
	return place/8 < len(n.bits) && n.bits[place/8]>>(place%8)&1 == 1
}

func (n *importNote) add(place int) {
	for place/8 >= len(n.bits) {
		n.bits = append(n.bits, 0)
	}
	n.bits[place/8] |= 1 << (place % 8)
}

func (n *importNote) copy() importNote {
	return importNote{n.stored, n.exists, slices.Clone(n.bits)}
}

// maxDone bounds the column done: the bits of the largest batch, and the MAC.
const maxDone = (maxBatch/8+3)/3*4 + 1 + 64

// text returns the column done.
func (i *importing) text(ctx context.Context, bits []byte) (string, error) {
	message := []byte("esogen import note v1")
	for _, part := range []string{i.batch.Stream, i.batch.Mark} {
		message = append(binary.BigEndian.AppendUint32(message, uint32(len(part))), part...)
	}
	message = append(binary.BigEndian.AppendUint64(message, uint64(i.batch.Number)), bits...)
	mac, err := i.options.Notes.MAC(ctx, message)
	return base64.RawStdEncoding.EncodeToString(bits) + "." + hex.EncodeToString(mac[:]), err
}

// readNote reads the note of the batch. One that does not verify says nothing.
func (i *importing) readNote(ctx context.Context) error {
	i.note = importNote{}
	var mark, done text
	err := i.store.retryRead(ctx, func() error {
		query := i.store.statement("SELECT {mark}, {done} FROM {schema}eso_imports WHERE stream = ? AND batch = ?")
		err := i.store.db.QueryRowContext(ctx, query, i.batch.Stream, i.batch.Number).Scan(&mark, &done)
		if errors.Is(err, sql.ErrNoRows) {
			return err
		}
		return i.store.fromDatabase(ctx, err)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	i.note.stored, i.note.exists = done.text, true
	encoded := done.text[:max(0, strings.LastIndexByte(done.text, '.'))]
	bits, err := base64.RawStdEncoding.Strict().DecodeString(encoded)
	if err != nil || mark.text != i.batch.Mark {
		return nil
	}
	want, err := i.text(ctx, bits)
	if err == nil && hmac.Equal([]byte(want), []byte(done.text)) {
		i.note.bits = bits
	}
	return err
}

// lockNote keeps others from importing the same batch until the transaction ends. It
// fails with errLost if the note is not the one that was read.
func (i *importing) lockNote(ctx context.Context, tx *sql.Tx) error {
	s := i.store
	if !i.note.exists {
		result, err := tx.ExecContext(ctx, s.statement("INSERT INTO {schema}eso_imports (stream, batch, mark, done, updated_at) VALUES (?, ?, ?, '', ?) {unlessItExists}"),
			i.batch.Stream, i.batch.Number, i.batch.Mark, s.now())
		if inserted, err := s.affected(ctx, result, err); err != nil || inserted {
			return err
		}
		return errLost
	}
	// What is too long to be a note was not read, and gives way to one.
	result, err := tx.ExecContext(ctx, s.statement("UPDATE {schema}eso_imports SET updated_at = ? WHERE stream = ? AND batch = ? AND COALESCE({done}, '') = ?"),
		s.now(), i.batch.Stream, i.batch.Number, i.note.stored)
	if locked, err := s.affected(ctx, result, err); err != nil || locked {
		return err
	}
	return errLost
}

// writeNote stores the note in the transaction that locked it.
func (i *importing) writeNote(ctx context.Context, tx *sql.Tx, next *importNote) error {
	var err error
	if next.stored, err = i.text(ctx, next.bits); err != nil {
		return err
	}
	next.exists = true
	s := i.store
	_, err = tx.ExecContext(ctx, s.statement("UPDATE {schema}eso_imports SET mark = ?, done = ?, updated_at = ? WHERE stream = ? AND batch = ?"),
		i.batch.Mark, next.stored, s.now(), i.batch.Stream, i.batch.Number)
	return s.fromDatabase(ctx, err)
}
