package objects

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	eso "github.com/esogen/esogen/runtime"
)

// ReadKeys reads a file of keys: {"primary": K, "decryptionOnly": [K, …]}, K
// being a passphrase, or {"id": …, "key": passphrase}. The kibana format knows
// keys by nothing but what they open, so an id says nothing there. Errors hold
// no key.
func ReadKeys(data []byte) (eso.Keyring, error) {
	var f struct {
		Primary        *key  `json:"primary"`
		DecryptionOnly []key `json:"decryptionOnly"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return nil, keysError(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, keysError(nil)
	}
	if f.Primary == nil {
		return nil, fmt.Errorf("%q is missing; %s", "primary", keysForm)
	}
	others := make([]string, len(f.DecryptionOnly))
	for i, k := range f.DecryptionOnly {
		others[i] = string(k)
	}
	return eso.NewKeyring(string(*f.Primary), others...)
}

const keysForm = `write {"primary": "…", "decryptionOnly": ["…"]}`

// keysError hides what encoding/json says of a value, which may be a key.
func keysError(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("not JSON at byte %d; %s", syntax.Offset, keysForm)
	}
	return fmt.Errorf("not a file of keys; %s", keysForm)
}

// key is a passphrase, in either form.
type key string

func (k *key) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err == nil && !bytes.Equal(data, []byte("null")) {
		*k = key(s)
		return nil
	}
	var o struct {
		ID  string  `json:"id"`
		Key *string `json:"key"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&o); err != nil || o.Key == nil {
		return errors.New("no key")
	}
	*k = key(*o.Key)
	return nil
}
