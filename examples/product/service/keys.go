package service

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	eso "github.com/esogen/esogen/runtime"
)

// keyFile is the file of keys, as esogen's command line reads it too.
type keyFile struct {
	Primary        passphrase   `json:"primary"`
	DecryptionOnly []passphrase `json:"decryptionOnly"`
}

// passphrase is a key of the file: its text, or {"id": …, "key": text}.
type passphrase struct{ ID, Key string }

func (p *passphrase) UnmarshalJSON(text []byte) error {
	if json.Unmarshal(text, &p.Key) == nil {
		return nil
	}
	type named passphrase
	return json.Unmarshal(text, (*named)(p))
}

// readKeys reads the keys from a file, or where there is none from the
// environment. Errors hold nothing of them.
func readKeys(path string) (eso.Keyring, error) {
	text := []byte(os.Getenv("PRODUCT_KEYS"))
	if path != "" {
		var err error
		if text, err = os.ReadFile(path); err != nil {
			return nil, fmt.Errorf("keys: %w", err)
		}
	}
	if len(text) == 0 {
		return nil, errors.New("keys: neither --keys nor PRODUCT_KEYS is given")
	}
	var file keyFile
	if json.Unmarshal(text, &file) != nil {
		return nil, errors.New(`keys: not {"primary": …, "decryptionOnly": […]}`)
	}
	primary, err := eso.NewPassphraseKey(file.Primary.ID, file.Primary.Key)
	if err != nil {
		return nil, err
	}
	var others []eso.Key
	for _, p := range file.DecryptionOnly {
		key, err := eso.NewPassphraseKey(p.ID, p.Key)
		if err != nil {
			return nil, err
		}
		others = append(others, key)
	}
	return eso.NewKeyringOf(primary, others...)
}
