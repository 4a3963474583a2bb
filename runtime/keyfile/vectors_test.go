package keyfile

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
)

// The vectors are key files, with all that is between the provider's key and the
// keys, and objects that those sealed; and files that must not open. They are never
// rewritten: what is in the file has to open forever. `go test -run TestVectors
// -add-vectors` adds those that newvectors_test.go makes and the file lacks.
const (
	vectorsFile  = "../../golden/keyfiles/vectors.jsonl"
	vectorFormat = "esogen-keyfile-vector/1"
	otherReader  = "testdata/keyfile.mjs"
)

var addVectors = flag.Bool("add-vectors", false, "add the vectors that "+vectorsFile+" lacks")

// vector is a line of the file. Bytes are in hex.
type vector struct {
	Format string `json:"format"`
	Name   string `json:"name"`
	File   string `json:"file"`

	// The wrapped file key is nonce [12], ciphertext, tag [16] of AES-256-GCM under
	// this key, without additional data.
	WrapperID string `json:"wrapperId"`
	Wrapper   string `json:"wrapper"`

	// Of a file that must not open: "tampered", "malformed" or "no key".
	Fails string `json:"fails,omitempty"`

	// Of one that opens.
	Context   string           `json:"context,omitempty"`
	FileKey   string           `json:"fileKey,omitempty"`
	SealKey   string           `json:"sealKey,omitempty"`
	MACKey    string           `json:"macKey,omitempty"`
	Message   string           `json:"message,omitempty"` // of the MAC
	Keys      []vectorKey      `json:"keys,omitempty"`
	Documents []vectorDocument `json:"documents,omitempty"`
}

type vectorKey struct {
	ID         string `json:"id"`
	Additional string `json:"additional"`
	Plaintext  string `json:"plaintext"`
	Master     string `json:"master"`
	Check      string `json:"check"`
}

// vectorDocument is an object of the native format that a key sealed.
type vectorDocument struct {
	KeyID      string `json:"keyId"`
	Namespace  string `json:"namespace,omitempty"`
	Type       string `json:"type"`
	ID         string `json:"id"`
	Attributes string `json:"attributes"`
}

func readVectors(t testing.TB) (vectors []vector) {
	data, err := os.ReadFile(vectorsFile)
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(t, err)
	for line := range bytes.Lines(data) {
		var v vector
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.DisallowUnknownFields()
		require.NoError(t, decoder.Decode(&v))
		require.Equal(t, vectorFormat, v.Format)
		vectors = append(vectors, v)
	}
	return vectors
}

func TestVectors(t *testing.T) {
	vectors := readVectors(t)
	fresh := newVectors(t)
	names := map[string]bool{}
	for _, v := range vectors {
		require.False(t, names[v.Name], "%q is there twice", v.Name)
		names[v.Name] = true
	}
	if *addVectors {
		file, err := os.OpenFile(vectorsFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		require.NoError(t, err)
		defer file.Close()
		encoder := json.NewEncoder(file)
		encoder.SetEscapeHTML(false)
		for _, v := range fresh {
			if !names[v.Name] {
				require.NoError(t, encoder.Encode(v))
				names[v.Name] = true
				vectors = append(vectors, v)
			}
		}
	}
	for _, v := range fresh {
		assert.True(t, names[v.Name], "the file lacks %q: add it with -add-vectors", v.Name)
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) { checkVector(t, v) })
	}
}

// The vectors of the first version are the first of the file, and never change.
func TestVectorsOfVersion1(t *testing.T) {
	data, err := os.ReadFile(vectorsFile)
	require.NoError(t, err)
	lines := bytes.SplitAfterN(data, []byte("\n"), 38)
	require.GreaterOrEqual(t, len(lines), 37)
	sum := sha256.Sum256(bytes.Join(lines[:37], nil))
	assert.Equal(t, "5abb7333f5af225ae0240e7422648fad1069ce98527e78a526bb0ebc18bb6305", hex.EncodeToString(sum[:]))
}

func checkVector(t *testing.T, v vector) {
	w := vectorWrapper(v)
	path := newPath(t)
	store(t, path, []byte(v.File))
	if v.Fails != "" {
		want := map[string]error{"tampered": eso.ErrTampered, "malformed": eso.ErrMalformed, "no key": eso.ErrNoKey}[v.Fails]
		require.Error(t, want)
		_, err := Read(t.Context(), []byte(v.File), w)
		require.ErrorIs(t, err, want)
		_, err = Open(t.Context(), path, w, quick)
		require.ErrorIs(t, err, want)
		return
	}
	f := read(t, []byte(v.File), w)
	again := v
	explain(t, &again, f)
	assert.Equal(t, v, again, "what is between")
	k := open(t, path, w)
	for _, doc := range v.Documents {
		d := eso.Document{Ref: eso.Ref{Namespace: doc.Namespace, Type: doc.Type, ID: doc.ID}, Model: 1, Attributes: []byte(doc.Attributes)}
		require.NoError(t, openNote(t, k, eso.Single, d), doc.KeyID)
		key, err := k.SealingKey(t.Context(), d.Ref)
		require.NoError(t, err)
		assert.Equal(t, doc.KeyID, key.ID())
	}
}

// vectorWrapper is a testWrapper whose key is that of a vector.
func vectorWrapper(v vector) *testWrapper {
	return newWrapper(strings.TrimPrefix(v.WrapperID, "test:"))
}

// explain fills in what is between the provider's key and the keys.
func explain(t *testing.T, v *vector, f *File) {
	t.Helper()
	w := vectorWrapper(*v)
	wrapperKey := sha256.Sum256([]byte(w.name))
	v.Wrapper = hex.EncodeToString(wrapperKey[:])
	fileKey := f.key.toWrap()[:fileKeySize]
	context := contextHash(f.content.fileID)
	sealKey, err := hkdf.Key(sha256.New, fileKey, nil, "esogen-keys/1 seal", 32)
	require.NoError(t, err)
	macKey, err := hkdf.Key(sha256.New, fileKey, nil, "esogen-keys/1 mac", 32)
	require.NoError(t, err)
	v.Context, v.FileKey = hex.EncodeToString(context[:]), hex.EncodeToString(fileKey)
	v.SealKey, v.MACKey = hex.EncodeToString(sealKey), hex.EncodeToString(macKey)
	v.Message = hex.EncodeToString(f.content.message())
	v.Keys = nil
	for i := range f.content.rows {
		r := &f.content.rows[i]
		secret, ok := f.key.open(r)
		require.True(t, ok)
		k := vectorKey{ID: r.ID, Additional: hex.EncodeToString(r.additional(f.content.fileID)), Plaintext: hex.EncodeToString(secret), Check: r.Check}
		k.Master = k.Plaintext
		if r.Kind == Passphrase {
			k.Master = hex.EncodeToString(stretched(t, string(secret)))
		}
		v.Keys = append(v.Keys, k)
	}
}

// TestVectorsInNode has another implementation open the vectors, one that shares
// nothing with this one but docs/keys.md: testdata/keyfile.mjs, which uses what
// comes with node.
func TestVectorsInNode(t *testing.T) {
	path, err := exec.LookPath("node")
	if os.Getenv("ESOGEN_INTEROP") == "required" {
		require.NoError(t, err)
	} else if err != nil {
		t.Skip("node is not installed: the vectors are not opened by the other implementation")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	command := exec.CommandContext(ctx, path, otherReader, vectorsFile)
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	require.NoError(t, err, "%s", stderr.String())
	answers := json.NewDecoder(bytes.NewReader(out))
	for _, v := range readVectors(t) {
		var answer vector
		require.NoError(t, answers.Decode(&answer))
		want := v
		want.Format, want.File, want.WrapperID, want.Wrapper, want.Documents = "", "", "", "", nil
		assert.Equal(t, want, answer)
	}
}
