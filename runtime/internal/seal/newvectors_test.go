package seal

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
	"github.com/esogen/esogen/runtime/internal/sealtest"
)

// newNativeVectors makes all vectors of the version that is written anew. Salts
// and nonces are random, so the file keeps those with which each was added, and
// those of earlier versions, which nobody makes any more.
func newNativeVectors(t *testing.T) []sealtest.Vector {
	t.Helper()
	var vectors []sealtest.Vector
	for _, c := range vectorCases(t) {
		v := c.seal(t)
		explain(t, &v)
		vectors = append(vectors, v)
	}
	for _, v := range vectors {
		if v.Name == "every kind of value is bound" {
			v.Name, v.Attributes = "the same, reformatted", reformatted(t, v.Attributes)
			explain(t, &v)
			vectors = append(vectors, v)
			break
		}
	}
	vectors = append(vectors, failingVectors(t, vectors[0], vectors[1])...)
	for i := range vectors {
		vectors[i].Name = "version 2: " + vectors[i].Name
	}
	return vectors
}

// vectorCase is what a vector is made of.
type vectorCase struct {
	sealtest.Vector
	bound, sealed []Text
	plain         string // members that stand before the seal
	free          bool   // the namespace is not bound, whatever the kind asks for
}

func vectorCases(t *testing.T) []vectorCase {
	base := sealtest.Vector{
		Format: sealtest.Format, KeyID: "key-1", Master: strings.Repeat("0123456789abcdef", 4),
		Namespaces: "agnostic", Type: "connector_token", ID: "7c9e6679-7425-40de-944b-e07fc1f90ae7", Model: 1,
	}
	c := func(name string, change func(c *vectorCase)) vectorCase {
		c := vectorCase{Vector: base}
		c.Name = name
		change(&c)
		slices.SortFunc(c.bound, func(a, b Text) int { return strings.Compare(a.Name, b.Name) })
		slices.SortFunc(c.sealed, func(a, b Text) int { return strings.Compare(a.Name, b.Name) })
		return c
	}
	return []vectorCase{
		c("one secret", func(c *vectorCase) {
			c.bound = []Text{{"connectorId", `"c1"`}, {"expiresAt", ""}, {"retries", `3`}}
			c.sealed = []Text{{"token", `"s3cret"`}}
			c.plain = `"note":"n",`
		}),
		c("a namespace, two secrets", func(c *vectorCase) {
			c.Namespaces, c.Namespace = "single", "space"
			c.bound = []Text{{"connectorId", `"c1"`}}
			c.sealed = []Text{{"refreshToken", `"r3fresh"`}, {"token", `"s3cret"`}}
		}),
		c("the default namespace counts as none", func(c *vectorCase) {
			c.Namespaces, c.Namespace = "single", "default"
			c.sealed = []Text{{"token", `"s3cret"`}}
		}),
		c("the namespace of a shared object does not count", func(c *vectorCase) {
			c.Namespaces, c.Namespace = "multiple", "space"
			c.sealed = []Text{{"token", `"s3cret"`}}
		}),
		c("an isolated object is bound to its namespace", func(c *vectorCase) {
			c.Namespaces, c.Namespace = "multiple-isolated", "space"
			c.bound = []Text{{"connectorId", `"c1"`}}
			c.sealed = []Text{{"token", `"s3cret"`}}
		}),
		c("the default namespace of an isolated object", func(c *vectorCase) {
			c.Namespaces, c.Namespace = "multiple-isolated", "default"
			c.sealed = []Text{{"token", `"s3cret"`}}
		}),
		c("above all known models the header says that the namespace is bound", func(c *vectorCase) {
			c.Namespaces, c.Namespace, c.Model = "single", "space", 2
			c.sealed = []Text{{"token", `"s3cret"`}}
		}),
		c("above all known models the header says that the namespace is not bound", func(c *vectorCase) {
			c.Namespaces, c.Namespace, c.Model, c.free = "single", "space", 2, true
			c.sealed = []Text{{"token", `"s3cret"`}}
		}),
		c("no secret", func(c *vectorCase) { c.bound = []Text{{"connectorId", `"c1"`}} }),
		c("nothing at all", func(*vectorCase) {}),
		c("every kind of value is bound", func(c *vectorCase) {
			c.bound = []Text{
				{"null", `null`}, {"true", `true`}, {"false", `false`}, {"empty", `""`}, {"list", `[]`}, {"object", `{}`},
				{"zeros", `[0,-0,0.00,0e7,-0.0E-7,0e999999999999999]`},
				{"integers", `[1,-1,10,100,1200,9007199254740992,9007199254740993,-12345678901234567890]`},
				{"numbers", `[1.50,0.1,-0.001,1e2,1E+2,100e-2,1.5e300,1e400,1e-400,1e999999999,12.30e-999999998]`},
				{"strings", `["a/b","\u0000\u0001\b\t\n\u000b\f\r\u001f","\"\\","é","e\u0301","\ud83d\ude00","\u2028<&>","\u007f"]`},
				{"members", `{"b":1,"a":{"z":[{"y":1,"x":2}],"":0},"\"":3,"\\":4,"\u0001":5,"\uffff":6,"😀":7,"é":8,"ab":9,"A":10}`},
				{"absent", ""}, {"é", `1`}, {"\uffff", `2`}, {"😀", `3`}, {"a.b", `4`},
			}
			c.sealed = []Text{{"token", `"s3cret"`}}
		}),
		c("secrets of every kind", func(c *vectorCase) {
			c.sealed = []Text{
				{"null", `null`}, {"empty", `""`}, {"zero", `0`}, {"false", `false`}, {"spaces", `{ "b" : [ 1.0 , 1 ] , "a" : null }`},
				{"half", `"\ud800"`}, {"escaped", `"\u00e9\/"`}, {"long", `"` + strings.Repeat("é", 500) + `"`}, {"sécret 😀", `-0.0e-0`},
			}
		}),
		c("a passphrase", func(c *vectorCase) {
			c.Passphrase = "a passphrase of the vectors, with é and 😀"
			master, _ := sealtest.Stretch(t, c.Passphrase)
			c.Master, c.KeyID = hex.EncodeToString(master), ""
			c.bound = []Text{{"connectorId", `"c1"`}}
			c.sealed = []Text{{"token", `"s3cret"`}}
		}),
		c("the longest id of a key, the highest model", func(c *vectorCase) {
			c.KeyID, c.Model = strings.Repeat("aZ09._:/-", 8)[:64], fault.MaxModel
			c.ID = "an id, \"quoted\" and é"
			c.sealed = []Text{{"token", `"s3cret"`}}
		}),
	}
}

// seal seals the case.
func (c *vectorCase) seal(t *testing.T) sealtest.Vector {
	t.Helper()
	v := c.Vector
	content := &Content{
		Namespace: v.Namespace, Type: v.Type, ID: v.ID, Model: v.Model, Bound: c.bound, Sealed: c.sealed,
		Namespaced: (v.Namespaces == "single" || v.Namespaces == "multiple-isolated") && !c.free,
	}
	text := []byte("{" + c.plain)
	for _, b := range c.bound {
		if b.Raw != "" {
			text, _ = jsontext.AppendKey(text, b.Name)
			text = append(append(append(text, ':'), b.Raw...), ',')
		}
	}
	text = append(text, `"$sealed":"`...)
	id, mac := keyOf(t, &v)
	text, err := AppendNative(t.Context(), text, id, mac, content)
	require.NoError(t, err)
	v.Attributes = string(append(text, `"}`...))
	return v
}

// reformatted is the same object as another store keeps it.
func reformatted(t *testing.T, attributes string) string {
	t.Helper()
	var ms [][2]string
	require.NoError(t, jsontext.Object(attributes, func(_, name, raw string) { ms = append(ms, [2]string{name, raw}) }))
	slices.Reverse(ms)
	object := []byte("{")
	for _, m := range ms {
		object = jsontext.AppendMember(object, "", m[0], m[1])
	}
	text := string(object) + "}"
	for _, pair := range [][2]string{
		{`a/b`, `a\/b`}, {`\n`, `\u000A`}, {`\u000b`, `\u000B`}, {`"é"`, `"\u00e9"`}, {`1.50,`, `0.015e2,`}, {`9007199254740993`, `9007199254740993.000`},
		{`,100,`, ` , 1e+2 , `}, {`"b":1,"a":`, `"b":10e-1,"\u0061":`}, {`"true":true`, ` "true" : true `}, {`"object":{}`, `"object":{ }`},
	} {
		require.Contains(t, text, pair[0])
		text = strings.ReplaceAll(text, pair[0], pair[1])
	}
	return text
}

// failingVectors changes two that open in ways that must be noticed.
func failingVectors(t *testing.T, one, two sealtest.Vector) (vectors []sealtest.Vector) {
	unbound := vectorCase{Vector: two, sealed: []Text{{"token", `"s3cret"`}}, free: true}
	free := unbound.seal(t)
	add := func(of sealtest.Vector, fails, name string, change func(v *sealtest.Vector)) {
		v := sealtest.Vector{
			Format: of.Format, KeyID: of.KeyID, Master: of.Master, Namespaces: of.Namespaces, Namespace: of.Namespace,
			Type: of.Type, ID: of.ID, Model: of.Model, Attributes: of.Attributes, Name: name, Fails: fails,
		}
		change(&v)
		require.NotEqual(t, of, v, name)
		vectors = append(vectors, v)
	}
	text := func(from, to string) func(v *sealtest.Vector) {
		return func(v *sealtest.Vector) {
			require.Contains(t, v.Attributes, from)
			v.Attributes = strings.Replace(v.Attributes, from, to, 1)
		}
	}
	seal := func(change func(seal []byte) []byte) func(v *sealtest.Vector) {
		return func(v *sealtest.Vector) { v.Attributes = sealOfAttributes(t, v.Attributes, change) }
	}
	flip := func(from int) func(v *sealtest.Vector) { // from the end, where negative
		return seal(func(s []byte) []byte { s[(from+len(s))%len(s)] ^= 1; return s })
	}
	header, err := hex.DecodeString(one.Header)
	require.NoError(t, err)
	salt := 3 + len(one.KeyID)
	model := salt + 64

	add(one, "tampered", "another id", func(v *sealtest.Vector) { v.ID = "0b1f7a2e-5a57-4a0c-9d0e-1f2a3b4c5d6e" })
	add(one, "tampered", "another type", func(v *sealtest.Vector) { v.Type = "connector_tokens" })
	add(two, "tampered", "another namespace", func(v *sealtest.Vector) { v.Namespace = "spaces" })
	add(two, "tampered", "no namespace", func(v *sealtest.Vector) { v.Namespace = "" })
	add(one, "tampered", "the namespace of one kind under another", func(v *sealtest.Vector) { v.Namespaces, v.Namespace = "single", "space" })
	add(one, "tampered", "another model", func(v *sealtest.Vector) { v.Model = 2 })
	add(one, "tampered", "another model in the header too", func(v *sealtest.Vector) {
		v.Model = 2
		seal(func(s []byte) []byte { s[model+3] = 2; return s })(v)
	})
	add(one, "tampered", "a bound value changed", text(`"c1"`, `"c2"`))
	add(one, "tampered", "a bound value null", text(`"c1"`, `null`))
	add(one, "tampered", "a bound attribute gone", text(`"retries":3,`, ``))
	add(one, "tampered", "a bound attribute there that was absent", text(`"note"`, `"expiresAt":null,"note"`))
	add(one, "tampered", "the nearest double", func(v *sealtest.Vector) { text(`"retries":3`, `"retries":3.0000000000000000001`)(v) })
	add(one, "tampered", "a bit of the salt", flip(salt))
	add(one, "tampered", "a bit of the commitment", flip(salt+32))
	add(one, "tampered", "a bit of the nonce", flip(len(header)))
	add(one, "tampered", "a bit of the ciphertext", flip(len(header)+12))
	add(one, "tampered", "a bit of the tag", flip(-1))
	add(one, "tampered", "a byte cut off", seal(func(s []byte) []byte { return s[:len(s)-1] }))
	add(one, "tampered", "a byte appended", seal(func(s []byte) []byte { return append(s, 0) }))
	add(one, "tampered", "a bound name less", seal(func(s []byte) []byte {
		s[model+6] = 2
		name := []byte("\x00\x07retries")
		at := bytes.Index(s, name)
		return slices.Delete(s, at, at+len(name))
	}))
	add(one, "tampered", "a key of the same id that is another", func(v *sealtest.Vector) { v.Master = strings.Repeat("fedcba9876543210", 4) })
	add(one, "no key", "a key of another id", func(v *sealtest.Vector) { v.KeyID = "key-2" })
	add(one, "no key", "another id in the header", flip(3))
	add(one, "malformed", "version 0", seal(func(s []byte) []byte { s[0] = 0; return s }))
	add(one, "malformed", "version 3", seal(func(s []byte) []byte { s[0] = 3; return s }))
	add(one, "malformed", "the version before", seal(func(s []byte) []byte { s[0] = 1; return s }))
	add(one, "tampered", "the version before, and its form", seal(func(s []byte) []byte {
		s[0] = 1
		return slices.Delete(s, model+4, model+5)
	}))
	add(one, "tampered", "the namespace bound that was not", seal(func(s []byte) []byte { s[model+4] = 1; return s }))
	add(two, "tampered", "the namespace not bound that was", seal(func(s []byte) []byte { s[3+len(two.KeyID)+68] = 0; return s }))
	add(one, "malformed", "neither bound nor not", seal(func(s []byte) []byte { s[model+4] = 2; return s }))
	add(free, "tampered", "the model binds the namespace, the seal does not", func(*sealtest.Vector) {})
	add(one, "malformed", "suite 2", seal(func(s []byte) []byte { s[1] = 2; return s }))
	add(one, "malformed", "an id of a key with a space", seal(func(s []byte) []byte { s[3] = ' '; return s }))
	add(one, "malformed", "no id of a key", seal(func(s []byte) []byte { s[2] = 0; return slices.Delete(s, 3, salt) }))
	add(one, "malformed", "model 0", seal(func(s []byte) []byte { s[model+3] = 0; return s }))
	add(one, "malformed", "names out of order", seal(func(s []byte) []byte { return bytes.Replace(s, []byte("retries"), []byte("a-tries"), 1) }))
	add(one, "malformed", "a name that is not UTF-8", seal(func(s []byte) []byte { return bytes.Replace(s, []byte("retries"), []byte("retrie\xff"), 1) }))
	add(one, "malformed", "a name bound and sealed", seal(func(s []byte) []byte {
		return bytes.Replace(s, []byte("\x00\x07retries"), []byte("\x00\x05token"), 1)
	}))
	add(one, "malformed", "names beyond the end", seal(func(s []byte) []byte { s[model+5] = 0xff; return s }))
	add(one, "malformed", "too short for a tag", seal(func(s []byte) []byte { return s[:len(header)+27] }))
	add(one, "malformed", "empty", seal(func([]byte) []byte { return nil }))
	add(one, "malformed", "no padding", func(v *sealtest.Vector) {
		seal(func(s []byte) []byte {
			for len(s)%3 == 0 { // so that there is padding
				s = append(s, 0)
			}
			return s
		})(v)
		v.Attributes = strings.Replace(v.Attributes, `="`, `"`, 1)
	})
	add(one, "malformed", "a line break in base64", text(`"$sealed":"`, `"$sealed":"\n`))
	add(one, "malformed", "the other alphabet of base64", func(v *sealtest.Vector) {
		seal(func(s []byte) []byte {
			s[salt], s[salt+1], s[salt+2], s[salt+3], s[salt+4] = 0xff, 0xff, 0xff, 0xff, 0xff
			return s
		})(v)
		begin := strings.Index(v.Attributes, Attribute)
		v.Attributes = v.Attributes[:begin] + strings.ReplaceAll(v.Attributes[begin:], "/", "_")
	})
	add(one, "malformed", "a seal that is no string", func(v *sealtest.Vector) {
		begin := strings.Index(v.Attributes, `"$sealed":`)
		v.Attributes = v.Attributes[:begin] + `"$sealed":1}`
	})
	add(one, "malformed", "two seals", text(`{`, `{"$sealed":"",`))
	add(one, "malformed", "a secret in the clear", text(`"note"`, `"token":"planted","note"`))
	add(one, "malformed", "a null secret in the clear", text(`"note"`, `"token":null,"note"`))
	add(one, "malformed", "a bound attribute twice", text(`"note"`, `"retries":3,"note"`))
	add(one, "malformed", "a duplicate name within a bound value", text(`"c1"`, `{"a":1,"\u0061":1}`))
	add(one, "malformed", "half a pair of surrogates in a bound value", text(`"c1"`, `"\udc00"`))
	add(one, "malformed", "a power of ten of ten digits", text(`"retries":3`, `"retries":1e1000000000`))
	return vectors
}
