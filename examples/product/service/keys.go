package service

import (
	"errors"
	"fmt"
	"os"

	eso "github.com/esogen/esogen/runtime"
)

// readKeys reads the keys from a file, or from the environment if no file is named. Its
// errors hold nothing of them.
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
	return eso.ParseKeys(text)
}
