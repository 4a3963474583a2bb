package eso

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/seal"
)

// The attack table: what somebody can do who writes to the store and has no
// key, and whether opening notices it, in each format. docs/security.md shows it
// to readers; the names of the tests are those of its lines.

// attack is a line of the table. Its documents are all that the attacker makes.
type attack struct {
	kibana, native outcome
	documents      func(x *target) map[string]Document
}

// planted makes documents of wayType in which names stand that their model does
// not have: those of the one model that the other backfills, computes, or has
// under another name, or that it does not have any more.
func planted(model int, role string, value string, names ...string) func(x *target) map[string]Document {
	return func(x *target) map[string]Document {
		var err error
		x.Definition = wayType(x.format, model, role)
		x.doc, err = x.SealJSON(x.t.Context(), x.keys, Ref{ID: "one"}, []byte(`{"zone":"z","token":"s3cret"}`))
		require.NoError(x.t, err)
		x.Definition = wayType(x.format, 3-model, role)
		docs := map[string]Document{}
		for _, name := range names {
			docs[name] = x.put(name, value)
		}
		return docs
	}
}

func one(make func(x *target) Document) func(x *target) map[string]Document {
	return func(x *target) map[string]Document { return map[string]Document{"": make(x)} }
}

var attacks = map[string]attack{
	"ciphertexts of another object": {detected, detected, one(func(x *target) Document { return x.from(x.other) })},
	"the object under another id": {detected, detected, one(func(x *target) Document {
		doc := x.doc
		doc.Ref.ID = "two"
		return doc
	})},
	"the object in another namespace": {detected, detected, func(x *target) map[string]Document {
		docs := map[string]Document{}
		for _, namespace := range []string{"", "default", "other", "space\x00"} {
			doc := x.doc
			doc.Ref.Namespace = namespace
			docs[namespace] = doc
		}
		return docs
	}},
	"ciphertexts of another type": {detected, detected, one(func(x *target) Document { return x.from(x.alien) })},
	"two secrets of one object swapped": {notDetected, detected, one(func(x *target) Document {
		if x.format == Kibana {
			ms := x.members(x.doc)
			a, b := ms.Find("password"), ms.Find("token")
			ms[a].Raw, ms[b].Raw = ms[b].Raw, ms[a].Raw
			return x.with(ms)
		}
		return x.seal(func(data []byte) []byte { // the names, which are not in order then
			text := strings.Replace(string(data), "\x00\x08password\x00\x05token", "\x00\x05token\x00\x08password", 1)
			return []byte(text)
		})
	})},
	"one secret under the name of another": {notDetected, detected, one(func(x *target) Document {
		if x.format == Kibana {
			ms := x.members(x.doc)
			ms[ms.Find("token")].Raw = ms[ms.Find("password")].Raw
			return x.with(ms)
		}
		return x.seal(func(data []byte) []byte { return []byte(strings.Replace(string(data), "token", "tokem", 1)) })
	})},
	"one secret of an older generation": {notDetected, detected, one(func(x *target) Document {
		if x.format == Kibana {
			older := x.members(x.older)
			return x.put("token", older[older.Find("token")].Raw)
		}
		old := *x
		old.doc = x.older
		splice := old.ciphertext(seal.Attribute)
		return x.seal(func(data []byte) []byte { // its ciphertext is as long
			copy(data[len(data)-16-7:], splice[len(splice)-16-7:])
			return data
		})
	})},
	"all secrets of an older generation, bound attributes the same": {notDetected, notDetected, one(func(x *target) Document { return x.from(x.older) })},
	"all secrets of an older generation, a bound attribute another": {detected, detected, one(func(x *target) Document { return x.from(x.first) })},
	"the whole object of an older generation":                       {notDetected, notDetected, one(func(x *target) Document { return x.first })},
	"one secret deleted": {notDetected, detected, one(func(x *target) Document {
		if x.format == Kibana {
			return x.put("token", "")
		}
		return x.seal(func(data []byte) []byte {
			data = []byte(strings.Replace(string(data), "\x00\x02\x00\x08password\x00\x05token", "\x00\x01\x00\x08password", 1))
			return data
		})
	})},
	"all secrets deleted": {notDetected, detected, one(func(x *target) Document {
		if x.format == Kibana {
			ms := x.members(x.doc)
			return x.with(slices.DeleteFunc(ms, func(m member) bool { return slices.Contains(x.sealedNames(), m.Name) }))
		}
		return x.seal(func(data []byte) []byte {
			return []byte(strings.Replace(string(data), "\x00\x02\x00\x08password\x00\x05token", "\x00\x00", 1))
		})
	})},
	"the seal deleted":     {impossible, detected, one(func(x *target) Document { return x.put(seal.Attribute, "") })},
	"a secret set to null": {notDetected, detected, one(func(x *target) Document { return x.put("token", "null") })},
	"a secret set in the clear": {detected, detected, func(x *target) map[string]Document {
		return map[string]Document{"text": x.put("token", `"planted"`), "empty": x.put("token", `""`), "number": x.put("token", `0`), "list": x.put("token", `["planted"]`)}
	}},
	"a bound attribute changed": {detected, detected, func(x *target) map[string]Document {
		return map[string]Document{
			"text": x.put("host", `"i"`), "kind": x.put("host", `["h"]`), "deep": x.put("list", `[1,"y"]`), "order": x.put("list", `["x",1]`),
			"number": x.put("port", `9007199254740994`), "text of the number": x.put("port", `"9007199254740992"`),
		}
	}},
	"a bound attribute removed": {detected, detected, one(func(x *target) Document { return x.put("host", "") })},
	"a bound attribute added":   {detected, detected, one(func(x *target) Document { return x.put("absent", `"x"`) })},
	"a bound number moved from 2^53 to 2^53 + 1": {notDetected, detected, one(func(x *target) Document {
		return x.put("port", "9007199254740993")
	})},
	"a bound attribute absent, null or empty for one another": {detected, detected, func(x *target) map[string]Document {
		docs := map[string]Document{"absent to null": x.put("absent", "null"), "absent to empty": x.put("absent", `""`)}
		texts := map[string]string{"absent": "", "null": "null", "empty": `""`, "false": "false", "zero": "0"}
		for from, raw := range texts {
			for to, other := range texts {
				if from == to || raw == "" {
					continue
				}
				text := strings.Replace(credentialText, `"host":"h"`, `"host":`+raw, 1)
				doc, err := x.SealJSON(x.t.Context(), x.keys, x.doc.Ref, []byte(text))
				require.NoError(x.t, err)
				changed := *x
				changed.doc = doc
				docs[from+" to "+to] = changed.put("host", other)
			}
		}
		return docs
	}},
	"an attribute twice": {detected, detected, func(x *target) map[string]Document {
		docs := map[string]Document{}
		for _, m := range x.members(x.doc) {
			twice := append(x.members(x.doc), m)
			docs[m.Name] = x.with(twice)
			docs[m.Name+" first"] = x.with(slices.Insert(x.members(x.doc), 0, m))
			escaped := m
			escaped.Name, escaped.Key = m.Name, fmt.Sprintf(`"\u%04x%s"`, m.Name[0], m.Name[1:])
			docs[m.Name+" escaped"] = x.with(append(x.members(x.doc), escaped))
		}
		docs["within a value"] = x.put("host", `{"a":"h","a":"i"}`)
		return docs
	}},
	"an attribute that is not bound changed": {notDetected, notDetected, one(func(x *target) Document { return x.put("note", `"m"`) })},
	"an unknown attribute added":             {notDetected, notDetected, one(func(x *target) Document { return x.put("unknown", `1`) })},
	"a bit of ciphertext flipped": {detected, detected, func(x *target) map[string]Document {
		docs := map[string]Document{}
		for _, name := range x.sealedNames() {
			data := x.ciphertext(name)
			for i := range len(data) * 8 {
				data[i/8] ^= 1 << (i % 8)
				docs[fmt.Sprintf("%s, bit %d", name, i)] = x.encoded(name, data)
				data[i/8] ^= 1 << (i % 8)
			}
		}
		return docs
	}},
	"a character of ciphertext changed": {detected, detected, func(x *target) map[string]Document {
		docs := map[string]Document{}
		for _, name := range x.sealedNames() {
			ms := x.members(x.doc)
			raw := ms[ms.Find(name)].Raw
			for i := 1; i < len(raw)-1; i++ {
				other := byte('A')
				if raw[i] == other {
					other = 'B'
				}
				docs[fmt.Sprintf("%s, character %d", name, i)] = x.put(name, raw[:i]+string(other)+raw[i+1:])
			}
			docs[name+", line break"] = x.put(name, raw[:5]+`\n`+raw[5:])
		}
		return docs
	}},
	"ciphertext cut off": {detected, detected, func(x *target) map[string]Document {
		docs := map[string]Document{}
		for _, name := range x.sealedNames() {
			data := x.ciphertext(name)
			for i := range data {
				docs[fmt.Sprintf("%s, %d bytes", name, i)] = x.encoded(name, data[:i])
			}
			text := base64.StdEncoding.EncodeToString(data)
			for i := range text {
				docs[fmt.Sprintf("%s, %d characters", name, i)] = x.put(name, `"`+text[:i]+`"`)
			}
			docs[name+", longer"] = x.encoded(name, append(data, 0))
		}
		return docs
	}},
	"a field of the header downgraded": {impossible, detected, func(x *target) map[string]Document {
		at := x.modelAt()
		bound := "\x00\x04\x00\x06absent\x00\x04host\x00\x04list\x00\x04port"
		replaced := func(from, to string) Document {
			return x.seal(func(data []byte) []byte {
				require.Contains(x.t, string(data), from)
				return []byte(strings.Replace(string(data), from, to, 1))
			})
		}
		older := x.seal(func(data []byte) []byte { binary.BigEndian.PutUint32(data[at:], 1); return data })
		olderToo := older
		olderToo.Model = 1
		return map[string]Document{
			"version":                     x.seal(func(data []byte) []byte { data[0] = 0; return data }),
			"the version before":          x.seal(func(data []byte) []byte { data[0] = seal.OldVersion; return data }),
			"the version before, whole":   x.seal(func(data []byte) []byte { data[0] = seal.OldVersion; return slices.Delete(data, at+4, at+5) }),
			"the namespace not bound":     x.seal(func(data []byte) []byte { data[at+4] = 0; return data }),
			"suite":                       x.seal(func(data []byte) []byte { data[1] = 0; return data }),
			"no key id":                   x.seal(func(data []byte) []byte { data[2] = 0; return slices.Delete(data, 3, 3+len("primary")) }),
			"the id of another key":       replaced("primary", "onother"),
			"no salt":                     x.seal(func(data []byte) []byte { clear(data[at-64 : at-32]); return data }),
			"no commitment":               x.seal(func(data []byte) []byte { clear(data[at-32 : at]); return data }),
			"model":                       older,
			"model, and the document's":   olderToo,
			"nothing bound":               replaced(bound, "\x00\x00"),
			"one bound name less":         replaced(bound, "\x00\x03\x00\x06absent\x00\x04host\x00\x04list"),
			"a bound name becomes sealed": replaced(bound+"\x00\x02", "\x00\x03\x00\x06absent\x00\x04list\x00\x04port\x00\x03\x00\x04host"),
			"a sealed name becomes bound": replaced("port\x00\x02\x00\x08password\x00\x05token", "port\x00\x05token\x00\x01\x00\x08password"),
			"the nonce":                   x.seal(func(data []byte) []byte { clear(data[len(data)-16-23-12:][:12]); return data }),
		}
	}},
	"the model lowered": {notDetected, detected, one(func(x *target) Document {
		doc, err := x.SealJSON(x.t.Context(), x.keys, x.doc.Ref, []byte(strings.Replace(credentialText, `,"token":"t0ken"`, "", 1)))
		require.NoError(x.t, err)
		doc.Model = 1
		return doc
	})},
	"a secret planted under an older model, in which it was plain": {notDetected, detected, one(func(x *target) Document {
		doc := x.put("token", `"planted"`)
		doc.Model = 1
		return doc
	})},
	"a bound attribute planted before the model that backfills it":      {detected, detected, planted(1, "bound", `"planted"`, "backfilled")},
	"a bound attribute planted before the model that computes it":       {detected, detected, planted(1, "bound", `"planted"`, "computed")},
	"a bound attribute planted before the model that adds it, optional": {detected, detected, planted(1, "bound", `"planted"`, "proxy")},
	"a bound attribute planted under the name of a later model":         {detected, detected, planted(1, "bound", `"planted"`, "endpoint", "turned")},
	"a bound attribute planted under the name of an earlier model":      {detected, detected, planted(2, "bound", `"planted"`, "url", "converted")},
	"a bound attribute planted behind the model that removed it":        {detected, detected, planted(2, "bound", `"planted"`, "legacy")},
	"a secret planted in a document of a model that does not have it": {detected, detected, func(x *target) map[string]Document {
		docs := planted(1, "encrypted", `"planted"`, strangers[1]...)(x)
		ms := x.members(x.doc) // and the ciphertext of another secret, or the seal
		sealed := ms[max(ms.Find("token"), ms.Find(seal.Attribute))].Raw
		for _, name := range strangers[1] {
			docs[name+", ciphertext"] = x.put(name, sealed)
		}
		return docs
	}},
	"a plain attribute planted before the model that makes it": {noEffect, noEffect, planted(1, "plain", `"planted"`, strangers[1]...)},
	"a plain attribute planted behind the model that drops it": {noEffect, noEffect, planted(2, "plain", `"planted"`, strangers[2]...)},
	"the model raised above all known": {notDetected, detected, one(func(x *target) Document {
		doc := x.doc
		doc.Model = 9
		return doc
	})},
	"a seal from another key with the same id": {detected, detected, one(func(x *target) Document {
		forger, err := NewKey("primary", []byte("the key of another one, 32 bytes"))
		require.NoError(x.t, err)
		keys, err := NewKeyringOf(forger)
		require.NoError(x.t, err)
		d := x.Definition
		if x.format == Kibana {
			doc, err := d.SealJSON(x.t.Context(), newCheapKeyring("forger"), x.doc.Ref, []byte(credentialText))
			require.NoError(x.t, err)
			return doc
		}
		doc, err := d.SealJSON(x.t.Context(), keys, x.doc.Ref, []byte(credentialText))
		require.NoError(x.t, err)
		return doc
	})},
	"an object of the other format": {detected, detected, func(x *target) map[string]Document {
		format := map[Format]Format{Kibana: Native, Native: Kibana}[x.format]
		doc, err := credential("credential", format).SealJSON(x.t.Context(), x.keys, x.doc.Ref, []byte(credentialText))
		require.NoError(x.t, err)
		both := append(x.members(x.doc), x.members(doc)...)
		slices.SortFunc(both, func(a, b member) int { return strings.Compare(a.Name, b.Name) })
		both = slices.CompactFunc(both, func(a, b member) bool { return a.Name == b.Name })
		return map[string]Document{"whole": doc, "beside its own": x.with(both)}
	}},
}

func TestAttacks(t *testing.T) {
	for _, format := range []Format{Kibana, Native} {
		for name, a := range attacks {
			want := a.native
			if format == Kibana {
				want = a.kibana
			}
			if want == impossible {
				continue
			}
			t.Run(string(format)+"/"+name, func(t *testing.T) {
				x := newTarget(t, format)
				opened, err := x.OpenJSON(t.Context(), x.keys, x.doc)
				require.NoError(t, err)
				require.JSONEq(t, credentialText, string(opened))
				documents := a.documents(x)
				require.NotEmpty(t, documents)
				for what, doc := range documents {
					x.check(what, doc, want)
				}
			})
		}
	}
}
