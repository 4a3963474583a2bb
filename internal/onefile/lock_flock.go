//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package onefile

import (
	"errors"
	"os"
	"syscall"
)

// canLock reports whether open files keep a lock.
const canLock = true

// lock takes the lock of an open file, which the system gives up when the file is
// closed or the process ends. Where the file system has no locks, the comparison
// before the rename remains.
func lock(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK), errors.Is(err, syscall.EINTR):
		return ErrBusy
	case errors.Is(err, syscall.ENOTSUP), errors.Is(err, syscall.ENOLCK), errors.Is(err, syscall.ENOSYS), errors.Is(err, syscall.EBADF), errors.Is(err, syscall.EINVAL):
		return nil
	}
	return err
}
