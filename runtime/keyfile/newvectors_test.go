package keyfile

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
)

// newVectors makes all vectors anew. Keys and nonces are random, so the file keeps
// those with which each was added.
func newVectors(t *testing.T) []vector {
	t.Helper()
	var vectors []vector
	opens := func(name string, f *File, wrapper string) {
		v := vector{Format: vectorFormat, Name: name, WrapperID: "test:" + wrapper}
		v.File = string(text(t, f, newWrapper(wrapper)))
		explain(t, &v, f)
		k, err := f.Keyring()
		require.NoError(t, err)
		for _, r := range f.content.rows {
			if r.Primary {
				doc := sealNote(t, k, eso.Single, r.Namespace)
				v.Documents = append(v.Documents, vectorDocument{r.ID, r.Namespace, doc.Ref.Type, doc.Ref.ID, string(doc.Attributes)})
			}
		}
		vectors = append(vectors, v)
	}
	must := func(err error) { require.NoError(t, err) }

	opens("one native key", newFile(t, "first"), "one")
	f, err := New(Passphrase, "")
	must(err)
	opens("a passphrase that the tool made", f, "one")
	f = newFile(t, "first")
	_, err = f.AddPassphrase("plain:1", "Schl\u00fcssel \U0001f511 \u2028 of a plain file, 32 units")
	must(err)
	must(f.SetPrimary("plain:1"))
	opens("a passphrase that was taken over", f, "one")
	f = newFile(t, "first")
	add(t, f, "acme/1", "acme")
	add(t, f, "acme/2", "acme")
	_, err = f.Add(Native, "beta/1", "beta")
	must(err)
	opens("namespaces", f, "one")
	text(t, f, newWrapper("one"))
	add(t, f, strings.Repeat("k", 64), strings.Repeat("n", MaxNamespace))
	opens("namespaces, of the second generation", f, "one")
	add(t, f, "second", "")
	must(f.Retire("first"))
	must(f.Retire("acme/1"))
	opens("retired keys", f, "one")
	_, err = f.Shred("acme", shredTime)
	must(err)
	opens("a shredded namespace", f, "one")
	must(f.ConfirmShred("acme"))
	opens("a destroyed namespace", f, "one")
	must(f.Rewrap())
	opens("another provider, whose id needs escapes", f, `arn:"quoted" \ <&> ~`)

	all := fullFile(t)
	opens("everything", all, "one")
	v := vectors[len(vectors)-1]
	v.Name, v.File = "everything, spelled another way", reformatted(v.File)
	return append(append(vectors, v), failingVectors(t, v.File)...)
}

// reformatted spells a file another way.
func reformatted(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	last := len(lines) - 2
	moved := slices.Concat([]string{"{", lines[last] + ","}, lines[1:last], []string{"}"})
	moved[len(moved)-2] = strings.TrimSuffix(moved[len(moved)-2], ",")
	text = strings.NewReplacer("acme/1", `\u0061cme\/1`, ": ", "\t:\r\n", `"made"`, `"\u006dade"`).Replace(strings.Join(moved, "\r\n"))
	return "\ufeff" + text + " \n"
}

// failingVectors are files that must not open.
func failingVectors(t *testing.T, other string) (vectors []vector) {
	w := newWrapper("one")
	fails := func(name, how, file string) {
		vectors = append(vectors, vector{
			Format: vectorFormat, Name: name, File: file, WrapperID: w.ID(), Wrapper: hex.EncodeToString(sum256("one")), Fails: how,
		})
	}
	f := fullFile(t)
	base := text(t, f, w)
	edited := func(old, replacement string) string {
		require.Contains(t, string(base), old)
		return strings.Replace(string(base), old, replacement, 1)
	}
	// changed has a MAC that fits.
	changed := func(change func(c *content)) string {
		c := f.content
		c.rows, c.shredded, c.retired = slices.Clone(c.rows), slices.Clone(c.shredded), slices.Clone(c.retired)
		change(&c)
		return string(c.text(f.key.mac(c.message())))
	}
	_, mac, err := parse([]byte(other))
	require.NoError(t, err)
	fails("the MAC of another file", "tampered", string(f.content.text(mac)))
	fails("a field changed", "tampered", edited(`"generation": 1`, `"generation": 2`))
	fails("a key without a line", "tampered", edited(string(base[bytes.Index(base, []byte(`{"id": "beta/2"`)):bytes.Index(base, []byte(`{"id": "p-`))]), ""))
	fails("a file key that was wrapped for another file", "tampered", changed(func(c *content) { c.fileID = "another" }))
	fails("wrapped by another provider's key", "no key", edited(`"test:one"`, `"test:two"`))
	fails("a check value of another key", "tampered", changed(func(c *content) {
		for i := range c.rows {
			if c.rows[i].Primary && c.rows[i].Namespace == "" {
				c.rows[i].Check = strings.Repeat("0", 32)
			}
		}
	}))
	fails("a key sealed for another namespace", "tampered", changed(func(c *content) {
		for i := range c.rows {
			if c.rows[i].Primary && c.rows[i].Namespace == "" {
				c.rows[i].sealed = f.content.find("acme/1").sealed
			}
		}
	}))
	fails("two primary keys", "malformed", changed(func(c *content) { c.rows[0].Primary = true }))
	fails("no primary key", "malformed", changed(func(c *content) {
		for i := range c.rows {
			c.rows[i].Primary = false
		}
	}))
	fails("an id that was retired", "malformed", changed(func(c *content) { c.retired = append(c.retired, RetiredKey{ID: "second", At: shredTime}) }))
	fails("an id that was shredded", "malformed", changed(func(c *content) { c.retired = append(c.retired, RetiredKey{ID: "gone/1", At: shredTime}) }))
	fails("a key of a shredded namespace", "malformed", changed(func(c *content) { c.rows[1].Namespace = "gone" }))
	fails("the default namespace", "malformed", changed(func(c *content) { c.rows[1].Namespace = "default" }))
	fails("a passphrase of a namespace", "malformed", changed(func(c *content) { c.rows[1].Kind = Passphrase }))
	fails("an unknown member", "malformed", edited(`"kind": "native"`, `"kind": "native", "usage": "seal"`))
	fails("a member twice", "malformed", edited(`"kind": "native"`, `"kind": "native", "k\u0069nd": "native"`))
	fails("a missing member", "malformed", edited(`"kind": "native", `, ""))
	fails("an unknown version", "malformed", edited(Format, "esogen-keys/2"))
	fails("an empty namespace", "malformed", edited(`"namespace": "acme"`, `"namespace": ""`))
	fails("not primary, in words", "malformed", edited(`"primary": true`, `"primary": false`))
	fails("a generation with an exponent", "malformed", edited(`"generation": 1`, `"generation": 1e0`))
	fails("a generation of 2^53", "malformed", edited(`"generation": 1`, `"generation": 9007199254740992`))
	fails("a check value in capitals", "malformed", changed(func(c *content) { c.rows[0].Check = strings.Repeat("A", 32) }))
	fails("base64 with a line break", "malformed", edited(`"mac": "`, `"mac": "\n`))
	fails("a time with a fraction", "malformed", edited("11:00:00Z", "11:00:00.0Z"))
	fails("something behind", "malformed", string(base)+"{}")
	return vectors
}

func sum256(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

// stretched returns the master key of a passphrase, as docs/format-native.md says.
func stretched(t *testing.T, passphrase string) []byte {
	b, err := pbkdf2.Key(sha512.New, passphrase, []byte("esogen native passphrase v1"), 210_000, 64)
	require.NoError(t, err)
	return b[:32]
}
