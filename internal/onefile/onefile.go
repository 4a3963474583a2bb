// Package onefile changes one file that must never be lost, torn or half
// changed, such as a file of keys.
//
// A change holds a lock on the file, so that of two at once the second sees what
// the first wrote. The new text goes to a temporary file in the same folder, is
// read back and verified there, and then renamed over the old one. A crash at any
// point leaves the old text or the new one in place, and at most a temporary file,
// which the next change removes. A symbolic link stays: its target is replaced.
package onefile

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Step is a point of a change at which a crash makes a difference.
type Step string

const (
	StepStage  Step = "stage"  // before the temporary file is made
	StepTorn   Step = "torn"   // half of it is written
	StepStaged Step = "staged" // all of it is written
	StepPlace  Step = "place"  // it was verified, and takes the place of the file next
	StepPlaced Step = "placed" // it is in its place
)

// ErrCrash ends a change as a crash of the process would: nothing is cleaned up.
// A test returns it from Disk.At.
var ErrCrash = errors.New("crashed")

// Disk makes and changes files. The zero value is ready to use.
type Disk struct {
	// At, for tests, is called at each step. An error ends the change.
	At func(Step) error

	// Wait is how long a change waits for another one. 0 means 30 seconds.
	Wait time.Duration
}

const (
	defaultWait = 30 * time.Second
	pollEvery   = 20 * time.Millisecond
)

// The errors that a caller tells apart.
var (
	// ErrBusy: another process holds the lock.
	ErrBusy = errors.New("another command is changing it")
	// ErrChanged: somebody who takes no lock changed the file meanwhile.
	ErrChanged = errors.New("it was changed by another program meanwhile; nothing was written")
	// ErrTooLarge: the file is larger than allowed.
	ErrTooLarge = errors.New("too large")
	// ErrWritable: others than the owner may write the file.
	ErrWritable = errors.New("others than its owner may write it")
)

func (d Disk) at(step Step) error {
	if d.At == nil {
		return nil
	}
	return d.At(step)
}

// Text is what Read returns.
type Text struct {
	Bytes []byte
	Mode  fs.FileMode
}

// Read returns the text of a file, which may be a pipe.
func Read(name string, limit int64) (Text, error) {
	file, err := os.Open(name)
	if err != nil {
		return Text{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return Text{}, err
	}
	if info.IsDir() {
		return Text{}, &fs.PathError{Op: "read", Path: name, Err: errors.New("is a directory")}
	}
	text, err := readAll(file, limit)
	return Text{text, info.Mode()}, err
}

func readAll(r io.Reader, limit int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(text)) > limit {
		return nil, ErrTooLarge
	}
	return text, err
}

// File is a file that is being changed. Close ends that.
type File struct {
	disk  Disk
	path  string // of the target
	limit int64
	lock  *os.File // nil if the system has none
	info  fs.FileInfo
	text  []byte
}

// Open locks a file and reads it. It removes what changes left behind that a crash
// ended.
func (d Disk) Open(ctx context.Context, name string, limit int64) (*File, error) {
	deadline := time.Now().Add(d.Wait)
	if d.Wait == 0 {
		deadline = time.Now().Add(defaultWait)
	}
	for {
		f, err := d.open(name, limit)
		if err == nil {
			f.removeLeftovers()
			return f, nil
		}
		if !errors.Is(err, ErrBusy) || time.Now().After(deadline) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pollEvery):
		}
	}
}

// open locks and reads a file once. A file that was replaced between both counts as
// busy.
func (d Disk) open(name string, limit int64) (*File, error) {
	path, err := filepath.EvalSymlinks(name)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("not a regular file")}
	}
	if writableByOthers(info.Mode()) {
		return nil, ErrWritable
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0) // some file systems lock only what is open for writing
	if errors.Is(err, fs.ErrPermission) {
		file, err = os.Open(path)
	}
	if err != nil {
		return nil, err
	}
	f := &File{disk: d, path: path, limit: limit, lock: file}
	if err := f.begin(); err != nil {
		file.Close()
		return nil, err
	}
	return f, nil
}

func (f *File) begin() error {
	if err := lock(f.lock); err != nil {
		return err
	}
	var err error
	if f.info, err = f.lock.Stat(); err != nil {
		return err
	}
	if now, err := os.Stat(f.path); err != nil || !os.SameFile(now, f.info) {
		return ErrBusy
	}
	if f.text, err = readAll(f.lock, f.limit); err != nil {
		return err
	}
	if !canLock {
		err = f.lock.Close()
		f.lock = nil
	}
	return err
}

// Text returns the text as it was when the file was opened.
func (f *File) Text() []byte { return f.text }

// Mode returns the file's mode.
func (f *File) Mode() fs.FileMode { return f.info.Mode() }

// Close gives the lock up.
func (f *File) Close() error {
	if f.lock == nil {
		return nil
	}
	return f.lock.Close()
}

// Replace writes a new text, which has mode and owner of the old one. Verify gets
// what was read back from the disk before it takes the place of the old text. On an
// error the old text is there still, unless the error wraps ErrUnsynced.
func (f *File) Replace(text []byte, verify func(text []byte) error) error {
	staged, err := f.disk.stage(f.path, f.info, text, verify)
	if err == nil {
		err = f.place(staged)
	}
	if err != nil && !errors.Is(err, ErrCrash) && staged != "" {
		os.Remove(staged) // it is not there any more if it is in its place
	}
	return err
}

func (f *File) place(staged string) error {
	if err := f.disk.at(StepPlace); err != nil {
		return err
	}
	now, err := Read(f.path, f.limit)
	if err != nil || !bytes.Equal(now.Bytes, f.text) {
		return ErrChanged
	}
	if err := os.Rename(staged, f.path); err != nil {
		return err
	}
	if err := f.disk.at(StepPlaced); err != nil {
		return err
	}
	return unsynced(syncFolder(filepath.Dir(f.path)))
}

// ErrUnsynced says that a text is in its place and that the file system could not
// confirm that it stays there if the power fails now.
var ErrUnsynced = errors.New("written, but the file system does not confirm that it is on the disk")

func unsynced(err error) error {
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsynced, err)
	}
	return nil
}

// Create makes a file with mode 0600. It fails with fs.ErrExist if there is one.
func (d Disk) Create(name string, text []byte, verify func(text []byte) error) error {
	if _, err := os.Lstat(name); err == nil {
		return &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
	}
	staged, err := d.stage(name, nil, text, verify)
	if err == nil {
		err = d.placeNew(staged, name)
	}
	if staged != "" && !errors.Is(err, ErrCrash) {
		os.Remove(staged)
	}
	return err
}

// placeNew gives a staged file its name, if that is free.
func (d Disk) placeNew(staged, name string) error {
	if err := d.at(StepPlace); err != nil {
		return err
	}
	err := os.Link(staged, name)
	if err != nil && !errors.Is(err, fs.ErrExist) { // the file system has no links
		err = reserve(name)
		if err == nil {
			err = os.Rename(staged, name)
		}
	}
	if err != nil {
		return err
	}
	if err := d.at(StepPlaced); err != nil {
		return err
	}
	return unsynced(syncFolder(filepath.Dir(name)))
}

func reserve(name string) error {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	return file.Close()
}

const mode = 0o600

// leftover is how the name of a temporary file begins.
func leftover(path string) string { return "." + filepath.Base(path) + ".esogen-" }

// stage writes a text to a temporary file, reads it back and has it verified. It
// returns the name of that file as soon as there is one.
func (d Disk) stage(path string, like fs.FileInfo, text []byte, verify func([]byte) error) (string, error) {
	if err := d.at(StepStage); err != nil {
		return "", err
	}
	staged := filepath.Join(filepath.Dir(path), leftover(path)+rand.Text())
	file, err := os.OpenFile(staged, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return "", err
	}
	if err := errors.Join(d.write(file, like, text), file.Close()); err != nil {
		return staged, err
	}
	if err := d.at(StepStaged); err != nil {
		return staged, err
	}
	back, err := Read(staged, int64(len(text)))
	if err != nil {
		return staged, err
	}
	if !bytes.Equal(back.Bytes, text) {
		return staged, errors.New("the disk returns something else than what was written")
	}
	return staged, verify(back.Bytes)
}

func (d Disk) write(file *os.File, like fs.FileInfo, text []byte) error {
	half := len(text) / 2
	if _, err := file.Write(text[:half]); err != nil {
		return err
	}
	if err := d.at(StepTorn); err != nil {
		return err
	}
	if _, err := file.Write(text[half:]); err != nil {
		return err
	}
	if like != nil {
		if err := own(file, like); err != nil {
			return err
		}
		if err := file.Chmod(like.Mode().Perm()); err != nil {
			return err
		}
	}
	return file.Sync()
}

// removeLeftovers removes temporary files of changes that a crash ended: they may
// hold keys that the file lacks by now. The lock keeps those of others out.
func (f *File) removeLeftovers() {
	for _, name := range f.Leftovers() {
		os.Remove(name)
	}
}

// Leftovers returns the temporary files that are there still.
func (f *File) Leftovers() []string {
	entries, err := os.ReadDir(filepath.Dir(f.path))
	if err != nil {
		return nil
	}
	var names []string
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), leftover(f.path)) {
			names = append(names, filepath.Join(filepath.Dir(f.path), entry.Name()))
		}
	}
	return names
}
