// Command esogen generates the code of encrypted saved objects from their
// specs. Run "esogen help" for what it does.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/esogen/esogen/internal/cli"
)

func main() { os.Exit(run()) }

// run ends early on an interrupt, and cleans up first. A second one ends it at once: a
// read of a pipe or of a file system that hangs cannot be given up.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return cli.Do(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}
