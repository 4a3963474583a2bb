package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/jsonl"
	"github.com/esogen/esogen/internal/onefile"
	"github.com/esogen/esogen/internal/phrase"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile"
)

// keySource has the flags of commands that use keys: a key file, and what wraps it, or a
// file of passphrases.
type keySource struct {
	file string
	wrapping
}

func (a *app) keysFlags(cmd *cobra.Command, k *keySource) {
	cmd.Flags().StringVar(&k.file, "keys", "", "the `FILE` of the keys: a key file, or a file of passphrases")
	a.wrapFlags(cmd, &k.wrapping)
}

// transferFlags are keysFlags for the transfer key of an export or import.
func (a *app) transferFlags(cmd *cobra.Command, k *keySource, name string) {
	k.of = name
	flags := cmd.Flags()
	flags.StringVar(&k.file, name, "", "the `FILE` of the transfer key: a key file, or a file of passphrases")
	flags.StringVar(&k.wrap, name+"-wrap", passphraseWrap, "what wraps the file of the transfer key: passphrase, or the `URL` of a key")
	flags.StringVar(&k.passphraseFile, name+"-passphrase-file", "", "read its passphrase from `FILE` instead of ESOGEN_TRANSFER_PASSPHRASE or a prompt")
	cmd.RegisterFlagCompletionFunc(name+"-wrap", a.completeWraps)
}

// movingKeys opens the keys of a store, and the transfer key.
func (a *app) movingKeys(ctx context.Context, m *moving) (keys, transfer eso.Keyring, err error) {
	if keys, err = a.openKeys(ctx, m.keys.file, &m.keys.wrapping); err != nil {
		return nil, nil, err
	}
	transfer, err = a.openKeys(ctx, m.transfer.file, &m.transfer.wrapping)
	return keys, transfer, err
}

// keys opens the keys of a command. Stripping does without any.
func (a *app) keys(ctx context.Context, operation jsonl.Operation, k *keySource) (eso.Keyring, error) {
	if k.file == "" {
		if operation == jsonl.Strip {
			return nil, nil
		}
		return nil, hinted(fmt.Errorf("%s needs keys", operation), `write --keys FILE; "esogen keys make" makes one, and {"primary": "…"} will do to try things`)
	}
	return a.openKeys(ctx, k.file, &k.wrapping)
}

// openKeys opens a key file, or a file of passphrases.
func (a *app) openKeys(ctx context.Context, file string, w *wrapping) (eso.Keyring, error) {
	text, err := onefile.Read(a.path(file), keyfile.MaxSize)
	if err != nil {
		return nil, fmt.Errorf("the keys: %w", plainly(err))
	}
	if !claimsKeyFile(text.Bytes) {
		// Whoever replaces a key file could have objects sealed under a key of their own.
		if by := w.meant(); by != "" {
			return nil, hinted(fmt.Errorf("%q: not a key file, and %s is for one", file, by), "if a file of passphrases is meant, do without "+by)
		}
		keys, err := eso.ParseKeys(text.Bytes)
		if err != nil {
			return nil, fmt.Errorf("the keys in %q: %w", file, err)
		}
		return keys, nil
	}
	info, err := keyfile.Inspect(text.Bytes)
	if err != nil {
		return nil, keyFileError(file, err)
	}
	wrapper, err := a.fittingWrapper(ctx, file, info, text.Bytes, w)
	if err != nil {
		return nil, err
	}
	a.warnMode(file, text.Mode)
	f, err := openText(ctx, file, text.Bytes, wrapper)
	if err != nil {
		return nil, err
	}
	return f.Keyring()
}

// provisionHint says how namespaces get a key, if objects in them failed for want of one
// to seal under: other namespaces have keys of their own. If none of these lacks one, it
// returns "".
func provisionHint(ctx context.Context, keys eso.Keyring, file string, namespaces []string) string {
	lacking := slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(namespaces))), func(name string) bool {
		_, err := keys.SealingKey(ctx, eso.Ref{Namespace: name})
		return !errors.Is(err, eso.ErrNoKey) || errors.Is(err, eso.ErrShredded)
	})
	if len(lacking) == 0 {
		return ""
	}
	const most = 3
	names := phrase.List(phrase.Quoted(lacking[:min(most, len(lacking))]))
	if len(lacking) > most {
		names += " and others"
	}
	return fmt.Sprintf(`no-key: other namespaces have keys of their own, and %s needs one: "esogen keys add %s --namespace %s", and "esogen keys primary"`,
		names, word(file), word(lacking[0]))
}

// kindHint says what to do if the primary key of a file cannot seal the kibana format.
func kindHint(file string) string {
	return fmt.Sprintf(`key-kind: the primary key seals the native format only: "esogen keys add %s --kibana" makes one for both, and "esogen keys primary" has it seal`, word(file))
}
