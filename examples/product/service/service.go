// Package service is the product around its saved objects: an HTTP service over a store,
// and the commands of its operators. A release passes its types in, so that both
// releases share this code.
package service

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/esogen/esogen/runtime/keyfile"
	"github.com/esogen/esogen/runtime/store"
)

// Release is what differs between releases of the product.
type Release struct {
	Name  string
	Kinds []Kind
}

// Main runs the command of the process, and exits.
func Main(r Release) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := r.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

const usage = `usage: %s COMMAND [flags]

  serve     offers the objects over HTTP
  migrate   brings stored objects up to the models of this release
  rotate    seals what other keys sealed again, under the primary one
  usage     tells which keys are still in use, and for how many objects

`

// errUsage is a wrong command line, which was already reported.
var errUsage = errors.New("usage")

// Run runs a command, with results on stdout and logs on stderr. It returns the exit code:
// 1 if the command found something wrong, 2 if it could not run.
func (r Release) Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	command, ok := map[string]func(context.Context, *process) error{
		"serve":   serve,
		"migrate": migrate,
		"rotate":  rotate,
		"usage":   keyUsage,
	}[first(args)]
	if !ok {
		fmt.Fprintf(stderr, usage, r.Name)
		return 2
	}
	p := &process{release: r, stdout: stdout, log: slog.New(slog.NewJSONHandler(stderr, nil)).With("release", r.Name)}
	err := p.open(ctx, args[0], args[1:], stderr)
	if err == nil {
		defer p.close()
		err = command(ctx, p)
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUsage):
		return 2
	case errors.Is(err, errFailures):
		return 1
	}
	p.log.Error(args[0], "error", err)
	return 2
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// process is what every command works with.
type process struct {
	release Release
	stdout  io.Writer
	log     *slog.Logger
	keys    *keyfile.Keyring
	store   *store.Store
	close   func()

	refresh time.Duration  // how often it looks for a changed key file
	hangup  chan os.Signal // asks for that at once

	listen string
	host   string   // the flag
	hosts  []string // that the service answers to
	batch  int
	sql    database
}

// open reads flags and keys, and opens the store.
func (p *process) open(ctx context.Context, command string, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	flags.SetOutput(stderr)
	// Not as the default of the flag, which help prints.
	dsn := flags.String("dsn", "", "the database: sqlite:FILE or postgres://…; without it that of the environment, PRODUCT_DSN, or else sqlite:product.db")
	keys := flags.String("keys", "", "the key file; without it that of the environment, PRODUCT_KEY_FILE")
	passphraseFile := flags.String("passphrase-file", "", "the file of its passphrase; without it that is in the environment, PRODUCT_PASSPHRASE")
	flags.DurationVar(&p.refresh, "refresh", 30*time.Second, "how often a changed key file is looked for; SIGHUP asks for it at once")
	switch command {
	case "serve":
		flags.StringVar(&p.listen, "listen", "127.0.0.1:8080", "the address to listen on")
		flags.StringVar(&p.host, "host", "", "the names by which clients call the service, with commas between; without it those of --listen")
	case "migrate", "rotate":
		flags.IntVar(&p.batch, "batch", 100, "after how many objects progress is saved")
	}
	if err := flags.Parse(args); err != nil {
		return errUsage
	}
	if flags.NArg() > 0 {
		flags.Usage()
		return errUsage
	}

	if p.refresh <= 0 {
		fmt.Fprintln(stderr, "--refresh is not positive")
		return errUsage
	}
	// First, since a process that does not listen dies of it.
	p.hangup = make(chan os.Signal, 1)
	signal.Notify(p.hangup, syscall.SIGHUP)
	var err error
	if p.sql, err = openDatabase(cmp.Or(*dsn, os.Getenv("PRODUCT_DSN"), "sqlite:product.db")); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var refreshing sync.WaitGroup
	p.close = func() {
		stop()
		refreshing.Wait()
		p.leave()
		p.sql.Close()
	}
	if err := p.start(ctx, *keys, *passphraseFile); err != nil {
		p.close()
		return err
	}
	refreshing.Go(func() { p.refreshKeys(ctx) })
	return nil
}

// start opens keys and store, and compares the one with what the other needs.
func (p *process) start(ctx context.Context, keys, passphraseFile string) (err error) {
	retrying := func(err error) { p.log.Warn("the key file is read again", "error", err) }
	if p.keys, err = openKeys(ctx, keys, passphraseFile, keyfile.Options{Retrying: retrying}); err != nil {
		return err
	}
	if p.store, err = store.New(p.sql.DB, p.sql.dialect, p.keys, store.Options{Logger: p.log, Observe: p.observe}); err != nil {
		return err
	}
	if err := p.store.CreateSchema(ctx); err != nil {
		return err
	}
	return p.checkKeys(ctx)
}

// leave takes back what checkKeys told the database. A process that is killed cannot.
func (p *process) leave() {
	if p.store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := p.store.Leave(ctx); err != nil {
		p.log.Warn("leaving", "error", err)
	}
}

// observe counts writes that were tried again because others wrote the object.
func (p *process) observe(ctx context.Context, e store.Event) {
	if e.Attempts > 1 {
		p.log.InfoContext(ctx, "retried", "operation", e.Op, "type", e.Ref.Type, "id", e.Ref.ID, "attempts", e.Attempts, "reason", e.Reason)
	}
}
