//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A key file keeps its owner, whoever changes it; who may not write is told so, and
// leaves everything as it was.
func TestOwnersOfKeyFiles(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can run programs as somebody else")
	}
	t.Parallel()
	const nobody = 65534
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	text, err := os.ReadFile(program(t, dir, "esogen").Path)
	require.NoError(t, err)
	self := filepath.Join(dir, "esogen") // where anybody may run it
	require.NoError(t, os.WriteFile(self, text, 0o755))
	as := func(id uint32, args ...string) (string, error) {
		cmd := &exec.Cmd{
			Path: self, Args: append([]string{"esogen", "keys"}, args...), Dir: dir,
			Env:         []string{"ESOGEN_PASSPHRASE=" + scriptPassphrase},
			SysProcAttr: &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: id, Gid: id}},
		}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	folder := filepath.Join(dir, "folder")
	require.NoError(t, os.Mkdir(folder, 0o755))
	require.NoError(t, os.Chown(folder, nobody, nobody))
	said, err := as(nobody, "make", "folder/keys.json", "--id", "first")
	require.NoError(t, err, said)
	said, err = as(0, "add", "folder/keys.json", "--id", "second")
	require.NoError(t, err, said)
	said, err = as(nobody, "add", "folder/keys.json", "--id", "third")
	require.NoError(t, err, "it is nobody's still: %s", said)

	before, err := os.ReadFile(filepath.Join(folder, "keys.json"))
	require.NoError(t, err)
	require.NoError(t, os.Chmod(folder, 0o555))
	for _, args := range [][]string{{"add", "folder/keys.json"}, {"rewrap", "folder/keys.json"}, {"make", "folder/other.json"}} {
		said, err = as(nobody, args...)
		require.Error(t, err)
		assert.Equal(t, "esogen: \""+args[1]+"\": permission denied\n    run it as the owner of the file and of its folder\n", said)
	}
	after, err := os.ReadFile(filepath.Join(folder, "keys.json"))
	require.NoError(t, err)
	assert.Equal(t, before, after)

	// A folder of others, in which nobody may write, and a file that nobody may give back.
	require.NoError(t, os.Chmod(folder, 0o777))
	require.NoError(t, os.Chown(filepath.Join(folder, "keys.json"), 0, nobody))
	require.NoError(t, os.Chmod(filepath.Join(folder, "keys.json"), 0o640))
	said, err = as(nobody, "add", "folder/keys.json")
	require.Error(t, err)
	assert.Contains(t, said, "it belongs to another user or group")
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}
