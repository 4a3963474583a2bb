// Command esogen is the program of the main module with providers of wrapped keys:
// AWS KMS, Azure Key Vault, Google Cloud KMS and Vault. Run "esogen keys --help" for
// what they are for.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/esogen/esogen/internal/cli"
	"github.com/esogen/esogen/keys/cloud"
)

func main() { os.Exit(run()) }

// run ends early on an interrupt, and cleans up first. A second one ends it at once: a
// read of a pipe or of a file system that hangs cannot be given up.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	var providers []cli.Provider
	for _, p := range cloud.Providers() {
		providers = append(providers, cli.Provider(p))
	}
	return cli.Do(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, providers...)
}
