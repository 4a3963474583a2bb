//go:build unix

package onefile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// own gives a file the owner and the group that another one has.
func own(file *os.File, like fs.FileInfo) error {
	want, ok := like.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if have, ok := info.Sys().(*syscall.Stat_t); !ok || have.Uid == want.Uid && have.Gid == want.Gid {
		return nil
	}
	if err := file.Chown(int(want.Uid), int(want.Gid)); err != nil {
		return errors.New("it belongs to another user or group, which the new file cannot be given; run the command as its owner")
	}
	return nil
}

// syncFolder makes a rename last.
func syncFolder(name string) error {
	folder, err := os.Open(name)
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}

func writableByOthers(mode fs.FileMode) bool { return mode.Perm()&0o022 != 0 }
