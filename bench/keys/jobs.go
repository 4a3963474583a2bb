package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/esogen/esogen/bench/rounds"
	"github.com/esogen/esogen/bench/seal/generated/integration"
	"github.com/esogen/esogen/keys/passphrase"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile"
)

// bench makes the jobs.
type bench struct {
	ctx    context.Context
	folder string           // of its files
	sizes  []int            // how many namespaces have a key of their own
	costs  passphrase.Costs // of Argon2id
}

func (b *bench) largest() int { return b.sizes[len(b.sizes)-1] }

// local is a provider that takes no time, and protects nothing.
type local struct{}

func (local) ID() string { return "local" }

func (local) Wrap(_ context.Context, secret []byte) ([]byte, error) { return bytes.Clone(secret), nil }

func (local) Unwrap(_ context.Context, wrapped []byte) ([]byte, error) {
	return bytes.Clone(wrapped), nil
}

// file makes a key file whose namespaces have a primary key each.
func (b *bench) file(namespaces int) (*keyfile.File, error) {
	f, err := keyfile.New(keyfile.Native, "first")
	if err != nil {
		return nil, err
	}
	if _, err := f.Add(keyfile.Native, "second", ""); err != nil {
		return nil, err
	}
	var ids []string
	for i := range namespaces {
		if _, err := f.Add(keyfile.Native, id(i), namespace(i)); err != nil {
			return nil, err
		}
		ids = append(ids, id(i))
	}
	return f, setPrimary(f, ids)
}

func id(i int) string { return fmt.Sprintf("key-%d", i) }

func namespace(i int) string { return fmt.Sprintf("namespace-%d", i) }

// write writes a key file, and returns its path.
func (b *bench) write(f *keyfile.File, name string, w eso.Wrapper) (string, error) {
	text, err := f.Text(b.ctx, w)
	if err != nil {
		return "", err
	}
	path := filepath.Join(b.folder, name)
	return path, os.WriteFile(path, text, 0o600)
}

// starts measures Open.
func (b *bench) starts() ([]rounds.Job, error) {
	var jobs []rounds.Job
	for _, n := range b.sizes {
		f, err := b.file(n)
		if err != nil {
			return nil, err
		}
		path, err := b.write(f, fmt.Sprintf("start-%d.json", n), local{})
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, rounds.Job{Name: fmt.Sprintf("%d namespaces", n), Once: func() error {
			_, err := keyfile.Open(b.ctx, path, local{}, keyfile.Options{})
			return err
		}})
	}
	return jobs, nil
}

// passphrases measures Argon2id, and Open with it.
func (b *bench) passphrases() ([]rounds.Job, error) {
	w, err := passphrase.New(passphrase.Of([]byte("a passphrase of a benchmark")), b.costs)
	if err != nil {
		return nil, err
	}
	wrapped, err := w.Wrap(b.ctx, make([]byte, 64))
	if err != nil {
		return nil, err
	}
	jobs := []rounds.Job{{Name: "unwrapping alone", Once: func() error {
		_, err := w.Unwrap(b.ctx, wrapped)
		return err
	}}}
	for _, n := range b.sizes {
		f, err := b.file(n)
		if err != nil {
			return nil, err
		}
		path, err := b.write(f, fmt.Sprintf("passphrase-%d.json", n), w)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, rounds.Job{Name: fmt.Sprintf("%d namespaces", n), Once: func() error {
			_, err := keyfile.Open(b.ctx, path, w, keyfile.Options{})
			return err
		}})
	}
	return jobs, nil
}

// refreshes measures Refresh of a file that is the same, and of one with another
// primary key each time.
func (b *bench) refreshes() ([]rounds.Job, error) {
	var jobs []rounds.Job
	for _, n := range b.sizes {
		f, err := b.file(n)
		if err != nil {
			return nil, err
		}
		same, err := b.write(f, fmt.Sprintf("same-%d.json", n), local{})
		if err != nil {
			return nil, err
		}
		changed, err := b.write(f, fmt.Sprintf("changed-%d.json", n), local{})
		if err != nil {
			return nil, err
		}
		unchanging, err := keyfile.Open(b.ctx, same, local{}, keyfile.Options{})
		if err != nil {
			return nil, err
		}
		changing, err := keyfile.Open(b.ctx, changed, local{}, keyfile.Options{})
		if err != nil {
			return nil, err
		}
		turn := 0
		jobs = append(jobs,
			rounds.Job{Name: fmt.Sprintf("unchanged, %d namespaces", n), Once: func() error { return refresh(b.ctx, unchanging, false) }},
			rounds.Job{
				Name: fmt.Sprintf("changed, %d namespaces", n),
				Prepare: func() error {
					turn++
					if err := f.SetPrimary([]string{"first", "second"}[turn%2]); err != nil {
						return err
					}
					_, err := b.write(f, filepath.Base(changed), local{})
					return err
				},
				Once: func() error { return refresh(b.ctx, changing, true) },
			})
	}
	return jobs, nil
}

func refresh(ctx context.Context, k *keyfile.Keyring, want bool) error {
	changed, err := k.Refresh(ctx)
	if err == nil && changed != want {
		err = errors.New("the refresh did not do what it was measured for")
	}
	return err
}

// uses measures the first use of a key of a namespace, and a further one.
func (b *bench) uses() ([]rounds.Job, error) {
	many := b.largest()
	f, err := b.file(many)
	if err != nil {
		return nil, err
	}
	path, err := b.write(f, "use.json", local{})
	if err != nil {
		return nil, err
	}
	k, err := keyfile.Open(b.ctx, path, local{}, keyfile.Options{})
	if err != nil {
		return nil, err
	}
	use := func(k *keyfile.Keyring, i int) error {
		key, err := k.SealingKey(b.ctx, eso.Ref{Namespace: namespace(i)})
		if err == nil {
			_, err = key.MAC(b.ctx, nil)
		}
		return err
	}
	var fresh *keyfile.Keyring
	next := many
	return []rounds.Job{
		{Name: "again", Once: func() error { return use(k, 0) }},
		{
			Name: "first",
			Prepare: func() (err error) {
				if next++; next < many {
					return nil
				}
				next = 0
				fresh, err = keyfile.Open(b.ctx, path, local{}, keyfile.Options{})
				return err
			},
			Once: func() error { return use(fresh, next) },
		},
	}, nil
}

// objects measures a whole object, with a keyring of a passphrase and with those of
// key files.
func (b *bench) objects(seals bool) ([]rounds.Job, error) {
	plain, err := eso.NewKeyring("a passphrase of a benchmark, of 32 characters")
	if err != nil {
		return nil, err
	}
	peers := []struct {
		name string
		keys eso.Keyring
	}{{"a passphrase", plain}}
	for _, n := range []int{0, b.largest()} {
		f, err := b.file(n)
		if err != nil {
			return nil, err
		}
		ring, err := f.Keyring()
		if err != nil {
			return nil, err
		}
		peers = append(peers, struct {
			name string
			keys eso.Keyring
		}{fmt.Sprintf("a key file with %d namespaces", n), ring})
	}
	object := &integration.Integration{
		URL: "https://" + strings.Repeat("u", 92), Username: strings.Repeat("n", 50), Audience: strings.Repeat("a", 50),
		Password: eso.NewSecret(strings.Repeat("p", 256)), ClientSecret: eso.NewSecret(strings.Repeat("s", 256)), RefreshToken: eso.NewSecret(strings.Repeat("t", 256)),
	}
	var jobs []rounds.Job
	for _, p := range peers {
		ref := integration.Ref(namespace(0), eso.NewID())
		sealed, err := integration.Seal(b.ctx, p.keys, ref, object)
		if err != nil {
			return nil, err
		}
		job := rounds.Job{Name: p.name, Once: func() error {
			_, err := integration.Open(b.ctx, p.keys, sealed)
			return err
		}}
		if seals {
			job.Once = func() error {
				_, err := integration.Seal(b.ctx, p.keys, ref, object)
				return err
			}
		}
		jobs = append(jobs, job)
	}
	return jobs, nil
}

func setPrimary(f *keyfile.File, ids []string) error {
	for _, id := range ids {
		if err := f.SetPrimary(id); err != nil {
			return err
		}
	}
	return nil
}
