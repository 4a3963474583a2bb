//go:build unix

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSecondInterrupt: a command that reads a pipe nobody writes to ends with the second
// interrupt.
func TestSecondInterrupt(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "keys.json"), 0o600))
	command := program(t, dir, "esogen", "keys", "list", "keys.json")
	require.NoError(t, command.Start())
	done := make(chan error, 1)
	go func() { done <- command.Wait() }()
	time.Sleep(time.Second) // until it reads, or else the first interrupt ends it
	for end := time.After(time.Minute); ; {
		command.Process.Signal(os.Interrupt)
		select {
		case err := <-done:
			require.Error(t, err)
			return
		case <-end:
			command.Process.Kill()
			t.Fatal("it does not end")
		case <-time.After(time.Second):
		}
	}
}
