package eso

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// The vectors of the native format are sealed objects, with all that is between
// the key and the secrets, and objects that must not open. They are never
// rewritten: what is in the file has to open for ever. `go test -run
// TestNativeVectors -add-vectors` adds those that native_newvectors_test.go
// makes and the file lacks.
const nativeVectorsFile = "../golden/native/vectors.jsonl"

var addVectors = flag.Bool("add-vectors", false, "add the vectors that "+nativeVectorsFile+" lacks")

// nativeVector is a line of the file. Bytes are in hex.
type nativeVector struct {
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

const nativeVectorFormat = "esogen-native-vector/1"

func readNativeVectors(t *testing.T) []nativeVector {
	t.Helper()
	data, err := os.ReadFile(nativeVectorsFile)
	if *addVectors && errors.Is(err, os.ErrNotExist) {
		return nil
	}
	require.NoError(t, err)
	var vectors []nativeVector
	for line := range bytes.Lines(data) {
		var v nativeVector
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.DisallowUnknownFields()
		require.NoError(t, decoder.Decode(&v))
		require.Equal(t, nativeVectorFormat, v.Format)
		vectors = append(vectors, v)
	}
	return vectors
}

func TestNativeVectors(t *testing.T) {
	vectors := readNativeVectors(t)
	if *addVectors {
		vectors = append(vectors, addNativeVectors(t, vectors)...)
	}
	names := map[string]bool{}
	for _, v := range vectors {
		require.False(t, names[v.Name], "%q is there twice", v.Name)
		names[v.Name] = true
		t.Run(v.Name, func(t *testing.T) {
			if v.Fails != "" {
				v.fails(t)
			} else {
				v.opens(t)
			}
		})
	}
	for _, v := range newNativeVectors(t) {
		assert.True(t, names[v.Name], "the file lacks %q: add it with -add-vectors", v.Name)
	}
}

// The vectors of version 1 are the first of the file, and never change.
func TestNativeVectorsOfVersion1(t *testing.T) {
	data, err := os.ReadFile(nativeVectorsFile)
	require.NoError(t, err)
	lines := bytes.SplitAfterN(data, []byte("\n"), 58)
	require.GreaterOrEqual(t, len(lines), 57)
	sum := sha256.Sum256(bytes.Join(lines[:57], nil))
	assert.Equal(t, "73b5522ba1258d4673bcdef6c50d4020f5099483eb07a0b7e3b155b7b7650eec", hex.EncodeToString(sum[:]))
}

// addNativeVectors appends to the file what it lacks, and leaves the rest of it
// alone.
func addNativeVectors(t *testing.T, have []nativeVector) (added []nativeVector) {
	t.Helper()
	names := map[string]bool{}
	for _, v := range have {
		names[v.Name] = true
	}
	file, err := os.OpenFile(nativeVectorsFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	require.NoError(t, err)
	defer file.Close()
	encoder := json.NewEncoder(file)
	encoder.SetEscapeHTML(false)
	for _, v := range newNativeVectors(t) {
		if !names[v.Name] {
			require.NoError(t, encoder.Encode(v))
			added = append(added, v)
		}
	}
	return added
}

func (v *nativeVector) keys(t *testing.T) Keyring {
	t.Helper()
	key := v.key(t)
	keys, err := NewKeyringOf(key)
	require.NoError(t, err)
	return keys
}

func (v *nativeVector) key(t *testing.T) Key {
	t.Helper()
	if v.Passphrase != "" {
		key, err := NewPassphraseKey("", v.Passphrase)
		require.NoError(t, err)
		require.Equal(t, v.Master, hex.EncodeToString(masterOf(t, v.Passphrase)))
		return key
	}
	master, err := hex.DecodeString(v.Master)
	require.NoError(t, err)
	key, err := NewKey(v.KeyID, master)
	require.NoError(t, err)
	return key
}

// definition is one that knows no sets: the header tells all.
func (v *nativeVector) definition() *Definition {
	return &Definition{Type: v.Type, Write: 1, Models: []Model{{Format: Native, Namespaces: Namespaces(v.Namespaces)}}}
}

func (v *nativeVector) document() Document {
	return Document{Ref: Ref{Namespace: v.Namespace, Type: v.Type, ID: v.ID}, Model: v.Model, Attributes: []byte(v.Attributes)}
}

func (v *nativeVector) opens(t *testing.T) {
	opened, err := v.definition().Open(t.Context(), v.keys(t), v.document())
	require.NoError(t, err)
	ms, err := parseMembers(string(opened))
	require.NoError(t, err)
	secrets := map[string]string{}
	for name := range v.Secrets {
		require.NotEqual(t, -1, ms.find(name))
		secrets[name] = ms[ms.find(name)].raw
	}
	assert.Equal(t, v.Secrets, nilIfEmpty(secrets))

	again := *v
	again.explain(t)
	assert.Equal(t, *v, again, "what is between")
}

// explain fills in what is between the key and the secrets.
func (v *nativeVector) explain(t *testing.T) {
	t.Helper()
	o, err := v.definition().take(v.document())
	require.NoError(t, err)
	require.NoError(t, o.defect)
	content := o.content(o.seal.bound, o.sealBindsNamespace())
	var b nativeBuffers
	_, err = b.derive(t.Context(), v.key(t).MAC, &o.seal.nativeHeader)
	require.NoError(t, err)
	v.Header = hex.EncodeToString(o.seal.header)
	v.Message = hex.EncodeToString(b.message[:len(b.message)-1])
	v.Derived, v.Commitment = hex.EncodeToString(b.derived[:]), hex.EncodeToString(o.seal.commitment[:])
	require.NoError(t, b.bind(o.seal.header, &content, ErrMalformed))
	v.AAD = hex.EncodeToString(b.aad)
	v.Canonical = map[string]string{}
	for _, value := range content.bound {
		if value.raw != "" {
			text, err := jsontext.AppendCanonical(nil, value.raw)
			require.NoError(t, err)
			v.Canonical[value.name] = string(text)
		}
	}
	texts, err := openOne(t.Context(), o.seal, v.keys(t), &content)
	require.NoError(t, err)
	v.Secrets = map[string]string{}
	for i, name := range o.seal.sealed {
		v.Secrets[name] = texts[i]
	}
	v.Canonical, v.Secrets = nilIfEmpty(v.Canonical), nilIfEmpty(v.Secrets)
}

func nilIfEmpty(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	return m
}

func (v *nativeVector) fails(t *testing.T) {
	kinds := map[string]error{"tampered": ErrTampered, "malformed": ErrMalformed, "no key": ErrNoKey}
	require.Contains(t, kinds, v.Fails)
	opened, err := v.definition().Open(t.Context(), v.keys(t), v.document())
	assert.ErrorIs(t, err, kinds[v.Fails])
	assert.Nil(t, opened)
}

// TestNativeVectorsInNode has another implementation open the vectors, one that
// shares nothing with this one but docs/format-native.md: testdata/native.mjs,
// which uses what comes with node.
func TestNativeVectorsInNode(t *testing.T) {
	path, err := exec.LookPath("node")
	if os.Getenv("ESOGEN_INTEROP") == "required" {
		require.NoError(t, err)
	} else if err != nil {
		t.Skip("node is not installed: the vectors are not opened by the other implementation")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	command := exec.CommandContext(ctx, path, "testdata/native.mjs", nativeVectorsFile)
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	require.NoError(t, err, "%s", stderr.String())

	answers := json.NewDecoder(bytes.NewReader(out))
	for _, v := range readNativeVectors(t) {
		var answer nativeVector
		require.NoError(t, answers.Decode(&answer))
		want := nativeVector{
			Name: v.Name, Master: v.Master, Fails: v.Fails, Header: v.Header, Message: v.Message, Derived: v.Derived,
			Commitment: v.Commitment, Canonical: v.Canonical, AAD: v.AAD, Secrets: v.Secrets,
		}
		answer.Canonical, answer.Secrets = nilIfEmpty(answer.Canonical), nilIfEmpty(answer.Secrets)
		assert.Equal(t, want, answer)
	}
}

// sealOfAttributes returns the bytes of the seal in stored attributes, and puts
// other bytes in their place.
func sealOfAttributes(t testing.TB, attributes string, change func(seal []byte) []byte) string {
	t.Helper()
	ms, err := parseMembers(attributes)
	require.NoError(t, err)
	m := &ms[ms.find(sealAttribute)]
	seal, err := base64.StdEncoding.DecodeString(strings.Trim(m.raw, `"`))
	require.NoError(t, err)
	m.raw = `"` + base64.StdEncoding.EncodeToString(change(seal)) + `"`
	return string(appendMembers(nil, ms))
}
