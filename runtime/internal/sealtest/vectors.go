// Package sealtest reads the vectors of the native format for the tests of the
// format and of the runtime above it.
package sealtest

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// Vector is a line of golden/native/vectors.jsonl: a sealed object, with all that
// is between the key and the secrets, or one that must not open. Bytes are in hex.
type Vector struct {
	Format     string `json:"format"`
	Name       string `json:"name"`
	KeyID      string `json:"keyId,omitempty"`      // of a key of random bytes
	Master     string `json:"master"`               // the 32 bytes of the key
	Passphrase string `json:"passphrase,omitempty"` // that gives id and master
	Namespaces string `json:"namespaces"`           // the kind
	Namespace  string `json:"namespace,omitempty"`
	Type       string `json:"type"`
	ID         string `json:"id"`
	Model      int    `json:"model"`
	Attributes string `json:"attributes"` // as stored

	// Of an object that must not open: "tampered", "malformed" or "no key".
	Fails string `json:"fails,omitempty"`

	// Of one that opens.
	Header     string            `json:"header,omitempty"`
	Message    string            `json:"message,omitempty"` // without its last byte
	Derived    string            `json:"derived,omitempty"` // the key
	Commitment string            `json:"commitment,omitempty"`
	Canonical  map[string]string `json:"canonical,omitempty"` // of the bound attributes that are present
	AAD        string            `json:"aad,omitempty"`
	Secrets    map[string]string `json:"secrets,omitempty"` // their texts
}

// Format is the format of a vector.
const Format = "esogen-native-vector/1"

// Read reads a file of vectors; a file that does not exist has none.
func Read(t *testing.T, file string) []Vector {
	t.Helper()
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	require.NoError(t, err)
	var vectors []Vector
	for line := range bytes.Lines(data) {
		var v Vector
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.DisallowUnknownFields()
		require.NoError(t, decoder.Decode(&v))
		require.Equal(t, Format, v.Format)
		vectors = append(vectors, v)
	}
	return vectors
}

// Stretch returns the key of a passphrase and its id, as docs/format-native.md
// says.
func Stretch(t *testing.T, passphrase string) (master []byte, id string) {
	t.Helper()
	stretched, err := pbkdf2.Key(sha512.New, passphrase, []byte("esogen native passphrase v1"), 210_000, 64)
	require.NoError(t, err)
	return stretched[:32], "p-" + hex.EncodeToString(stretched[32:40])
}
