package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/onefile"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile"
)

// making has the flags of make.
type making struct {
	wrapping
	id, from string
	kibana   bool
	asJSON   bool
}

func (a *app) keysMakeCommand() *cobra.Command {
	var m making
	cmd := &cobra.Command{
		Use:   "make FILE",
		Short: "Make a key file",
		Long: `make makes a key file with one random key, which is primary. It never replaces a
file. The file's mode is 0600.

With --from, the file takes over the keys of a file of passphrases,
{"primary": …, "decryptionOnly": […]}: its primary key stays primary, and the new
random key is known, for the next rotation.` + aboutKeyFiles,
		Example: `  go tool esogen keys make keys.json
  go tool esogen keys make keys.json --id 2026 --passphrase-file /run/secrets/passphrase
  go tool esogen keys make keys.json --from passphrases.json --kibana`,
		Args:              fileArgument(0, false),
		ValidArgsFunction: a.completeKeys(nil),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.keysMake(cmd.Context(), args[0], &m) },
	}
	a.wrapFlags(cmd, &m.wrapping)
	flags := cmd.Flags()
	flags.StringVar(&m.id, "id", "", "the `ID` of the key, such as the year (default: a random one)")
	flags.BoolVar(&m.kibana, "kibana", false, "make a key of a random passphrase, which seals both formats: for products with types of the kibana format")
	flags.StringVar(&m.from, "from", "", "take over the keys of a `FILE` of passphrases")
	flags.BoolVar(&m.asJSON, "json", false, "print the result as JSON")
	return cmd
}

func (a *app) keysMake(ctx context.Context, name string, m *making) error {
	if _, err := os.Lstat(a.path(name)); err == nil { // before a passphrase is asked for
		return fileExists(name)
	}
	plain, err := a.plainKeys(m.from)
	if err != nil {
		return err
	}
	wrapper, err := a.opener(ctx, "--wrap", m.wrap, m.first())
	if err != nil {
		return err
	}
	file, err := keyfile.New(kindOf(m.kibana), m.id)
	if err != nil {
		return keyError(err)
	}
	f := &openedFile{File: file, name: name, wrapper: wrapper}
	for _, p := range plain {
		if err := f.take(p); err != nil {
			return err
		}
	}
	if len(plain) > 0 {
		if err := f.SetPrimary(plain[0].id); err != nil {
			return keyError(err)
		}
	}
	a.wrapURL = f.wrapper.ID() != passphraseWrap
	if err := a.store(ctx, f); err != nil {
		return err
	}
	info := f.Info()
	e := f.event("make")
	for _, k := range info.Keys {
		e.Keys = append(e.Keys, k.ID)
	}
	if m.asJSON {
		return printJSON(a.out, e)
	}
	a.printKeys(name, info)
	steps := []string{"every process opens the file at its start, with keyfile.Open, and its Refresh sees later changes"}
	if len(plain) > 0 {
		steps = append(steps, fmt.Sprintf("once no process uses %s any more, remove it, and rotate to the new key: esogen keys primary %s KEY", m.from, name))
	}
	elsewhere := "and the passphrase elsewhere"
	if info.WrapperID != passphraseWrap {
		elsewhere = "and what wraps it as long"
	}
	a.next(append(steps, "keep a copy of the file with each backup of the database, "+elsewhere)...)
	return nil
}

func fileExists(name string) error {
	return hinted(fmt.Errorf("%q: the file exists", name), `"esogen keys add" adds a key to it; a new key file needs another name`)
}

func kindOf(kibana bool) keyfile.Kind {
	if kibana {
		return keyfile.Passphrase
	}
	return keyfile.Native
}

// keyError is an error of package keyfile about what the user asked for.
func keyError(err error) error {
	if err == nil {
		return nil
	}
	return &exit{exitFailed, withoutPackages(err), ""}
}

// event begins the description of what a command did.
func (f *openedFile) event(what string) keysEvent {
	info := f.Info()
	return keysEvent{
		Event: what, Time: stamp(time.Now()), File: f.name, FileID: info.FileID, Generation: info.Generation,
		Keys: []string{}, Done: true,
	}
}

// plainKey is a key of a file of passphrases. Nothing prints it.
type plainKey struct{ id, passphrase string }

// plainKeys reads a file of passphrases, the primary one first.
func (a *app) plainKeys(name string) ([]plainKey, error) {
	if name == "" {
		return nil, nil
	}
	text, err := onefile.Read(a.path(name), maxPlain)
	if err != nil {
		return nil, fmt.Errorf("--from: %w", plainly(err))
	}
	if claimsKeyFile(text.Bytes) {
		return nil, hinted(fmt.Errorf("--from: %q is a key file already", name), "copy it, and change what wraps the copy: esogen keys rewrap COPY --to WRAP")
	}
	// ParseKeys is strict: what it accepts has one meaning.
	if _, err := eso.ParseKeys(text.Bytes); err != nil {
		return nil, fmt.Errorf("--from: %q: %s", name, withoutPackages(err))
	}
	var file struct {
		Primary        json.RawMessage   `json:"primary"`
		DecryptionOnly []json.RawMessage `json:"decryptionOnly"`
	}
	if err := json.Unmarshal(bytes.TrimPrefix(text.Bytes, []byte("\ufeff")), &file); err != nil {
		return nil, fmt.Errorf("--from: %q cannot be read", name) // not what json says, which may quote
	}
	var keys []plainKey
	seen := map[string]bool{}
	for _, raw := range append([]json.RawMessage{file.Primary}, file.DecryptionOnly...) {
		k, err := plainKeyOf(raw)
		if err != nil {
			return nil, fmt.Errorf("--from: %q: %w", name, err)
		}
		if !seen[k.id] { // one that is listed twice is used once
			seen[k.id] = true
			keys = append(keys, k)
		}
	}
	return keys, nil
}

const maxPlain = 4 << 20

func plainKeyOf(raw json.RawMessage) (plainKey, error) {
	var given struct{ ID, Key string }
	if json.Unmarshal(raw, &given.Key) != nil && json.Unmarshal(raw, &given) != nil {
		return plainKey{}, errors.New("a key cannot be read")
	}
	key, err := eso.NewPassphraseKey(given.ID, given.Key)
	if err != nil {
		return plainKey{}, errors.New(withoutPackages(err))
	}
	return plainKey{key.ID(), given.Key}, nil
}

// take puts a key of a file of passphrases into the key file.
func (f *openedFile) take(k plainKey) error {
	_, err := f.AddPassphrase(k.id, k.passphrase)
	return keyError(err)
}
