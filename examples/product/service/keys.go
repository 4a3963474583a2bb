package service

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"time"

	"github.com/esogen/esogen/keys/passphrase"
	"github.com/esogen/esogen/runtime/keyfile"
)

// openKeys opens the key file, whose passphrase is in a file, or in the environment if
// none is named. Its errors hold nothing of either.
func openKeys(ctx context.Context, path, passphraseFile string, o keyfile.Options) (*keyfile.Keyring, error) {
	if path = cmp.Or(path, os.Getenv("PRODUCT_KEY_FILE")); path == "" {
		return nil, errors.New("keys: neither --keys nor PRODUCT_KEY_FILE names the key file")
	}
	// It is read each time that it is needed, since an operator may change it.
	wrapper, err := passphrase.New(func(context.Context) ([]byte, error) { return readPassphrase(passphraseFile) }, passphrase.Costs{})
	if err != nil {
		return nil, err
	}
	return keyfile.Open(ctx, path, wrapper, o)
}

func readPassphrase(path string) ([]byte, error) {
	if path == "" {
		if text := os.Getenv("PRODUCT_PASSPHRASE"); text != "" {
			return []byte(text), nil
		}
		return nil, errors.New("neither --passphrase-file nor PRODUCT_PASSPHRASE is given")
	}
	text, err := os.ReadFile(path)
	if wrong := (*fs.PathError)(nil); errors.As(err, &wrong) {
		// Without the name, which is the passphrase if somebody took one for the other.
		return nil, fmt.Errorf("--passphrase-file: %w", wrong.Err)
	}
	return bytes.TrimSuffix(text, []byte("\n")), err
}

// refreshKeys takes a changed key file in, every now and then and at once on SIGHUP,
// until the context ends. If that fails, the keys stay as they were.
func (p *process) refreshKeys(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.hangup:
		case <-time.After(p.refresh - rand.N(p.refresh/10+1)): // not all processes at once
		}
		changed, err := p.keys.Refresh(ctx)
		if err != nil && ctx.Err() == nil {
			p.log.Error("keys stay as they were", "error", err)
		}
		if err := p.checkKeys(ctx); err != nil && ctx.Err() == nil {
			p.log.Error("keys do not fit the database", "error", err)
		}
		if changed {
			p.logKeys()
		}
	}
}

// logKeys logs which key file the process has. The database knows by then.
func (p *process) logKeys() {
	info := p.keys.Info()
	p.log.Info("keys", "file", info.FileID, "generation", info.Generation, "keys", len(info.Keys))
}

// checkKeys compares the keys with what the database needs, and registers this process:
// the operator of a rotation sees there which keys it has.
func (p *process) checkKeys(ctx context.Context) error {
	report, err := p.store.CheckKeys(ctx)
	if err == nil && report.Newer != "" {
		p.log.Warn("other processes seal under a newer key: has the newest key file not arrived here?", "key", report.Newer)
	}
	return err
}
