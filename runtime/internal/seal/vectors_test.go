package seal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
	"github.com/esogen/esogen/runtime/internal/sealtest"
)

// The vectors of the native format are sealed objects, with all that is between
// the key and the secrets, and objects that must not open. They are never
// rewritten: what is in the file has to open forever. `go test -run
// TestNativeVectors -add-vectors` adds those that newvectors_test.go makes and the
// file lacks. The test of package eso opens all of them as documents, and checks
// that those fail which have to.
const (
	nativeVectorsFile = "../../../golden/native/vectors.jsonl"
	otherNative       = "../../testdata/native.mjs"
)

var addVectors = flag.Bool("add-vectors", false, "add the vectors that "+nativeVectorsFile+" lacks")

func TestNativeVectors(t *testing.T) {
	vectors := sealtest.Read(t, nativeVectorsFile)
	if *addVectors {
		vectors = append(vectors, addNativeVectors(t, vectors)...)
	}
	names := map[string]bool{}
	for _, v := range vectors {
		require.False(t, names[v.Name], "%q is there twice", v.Name)
		names[v.Name] = true
		if v.Fails == "" {
			t.Run(v.Name, func(t *testing.T) {
				again := v
				explain(t, &again)
				assert.Equal(t, v, again, "what is between")
			})
		}
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
func addNativeVectors(t *testing.T, have []sealtest.Vector) (added []sealtest.Vector) {
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

// keyOf returns the id and the MAC of the key of a vector.
func keyOf(t *testing.T, v *sealtest.Vector) (id string, mac MAC) {
	t.Helper()
	master, err := hex.DecodeString(v.Master)
	require.NoError(t, err)
	id = v.KeyID
	if v.Passphrase != "" {
		var stretched []byte
		stretched, id = sealtest.Stretch(t, v.Passphrase)
		require.Equal(t, master, stretched)
	}
	return id, macOf(master)
}

// explain opens a vector and fills in what is between the key and the secrets.
func explain(t *testing.T, v *sealtest.Vector) {
	t.Helper()
	members := map[string]string{}
	require.NoError(t, jsontext.Object(v.Attributes, func(_, name, raw string) { members[name] = raw }))
	text, err := jsontext.DecodeString(members[Attribute])
	require.NoError(t, err)
	s, err := ParseNative(text)
	require.NoError(t, err)
	id, mac := keyOf(t, v)
	assert.Equal(t, id, s.KeyID)
	content := Content{
		Namespace: v.Namespace, Type: v.Type, ID: v.ID, Model: v.Model,
		Namespaced: s.Namespaced || s.Version == OldVersion && v.Namespaces == "single",
	}
	for _, name := range s.Bound {
		content.Bound = append(content.Bound, Text{name, members[name]})
	}

	var b nativeBuffers
	_, err = b.derive(t.Context(), mac, &s.Header)
	require.NoError(t, err)
	v.Header = hex.EncodeToString(s.header)
	v.Message = hex.EncodeToString(b.message[:len(b.message)-1])
	v.Derived, v.Commitment = hex.EncodeToString(b.derived[:]), hex.EncodeToString(s.Commitment[:])
	require.NoError(t, b.bind(s.header, &content, fault.ErrMalformed))
	v.AAD = hex.EncodeToString(b.aad)
	v.Canonical, v.Secrets = map[string]string{}, map[string]string{}
	for _, value := range content.Bound {
		if value.Raw != "" {
			text, err := jsontext.AppendCanonical(nil, value.Raw)
			require.NoError(t, err)
			v.Canonical[value.Name] = string(text)
		}
	}
	texts, err := s.Open(t.Context(), mac, &content)
	require.NoError(t, err)
	for i, name := range s.Sealed {
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

// TestNativeVectorsInNode has another implementation open the vectors, one that
// shares nothing with this one but docs/format-native.md: runtime/testdata/native.mjs,
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
	command := exec.CommandContext(ctx, path, otherNative, nativeVectorsFile)
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	require.NoError(t, err, "%s", stderr.String())

	answers := json.NewDecoder(bytes.NewReader(out))
	for _, v := range sealtest.Read(t, nativeVectorsFile) {
		var answer sealtest.Vector
		require.NoError(t, answers.Decode(&answer))
		want := sealtest.Vector{
			Name: v.Name, Master: v.Master, Fails: v.Fails, Header: v.Header, Message: v.Message, Derived: v.Derived,
			Commitment: v.Commitment, Canonical: v.Canonical, AAD: v.AAD, Secrets: v.Secrets,
		}
		answer.Canonical, answer.Secrets = nilIfEmpty(answer.Canonical), nilIfEmpty(answer.Secrets)
		assert.Equal(t, want, answer)
	}
}

// sealOfAttributes puts other bytes in the place of those of the seal in stored
// attributes.
func sealOfAttributes(t testing.TB, attributes string, change func(seal []byte) []byte) string {
	t.Helper()
	before, rest, found := strings.Cut(attributes, `"$sealed":"`)
	require.True(t, found)
	text, after, found := strings.Cut(rest, `"`)
	require.True(t, found)
	seal, err := base64.StdEncoding.DecodeString(text)
	require.NoError(t, err)
	return before + `"$sealed":"` + base64.StdEncoding.EncodeToString(change(seal)) + `"` + after
}
