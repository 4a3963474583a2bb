//go:build !unix

package onefile

import (
	"io/fs"
	"os"
)

func own(*os.File, fs.FileInfo) error { return nil }

func syncFolder(string) error { return nil }

func writableByOthers(fs.FileMode) bool { return false }
