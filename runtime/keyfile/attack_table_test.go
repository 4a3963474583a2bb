package keyfile

import (
	"bytes"
	"context"
	"encoding/base64"
	"runtime"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
)

var attacks = map[string]attack{
	"a bit of the wrapped file key flipped": {detected, detected, field(func(_ *target, c *content) { c.wrapped[len(c.wrapped)/2] ^= 1 })},
	"a bit of a wrapped key flipped":        {detected, detected, field(func(_ *target, c *content) { c.find("acme/2").sealed[20] ^= 1 })},
	"a bit of the MAC flipped": {detected, detected, whole(func(x *target) []byte {
		c, mac := x.content(x.text)
		mac[0] ^= 1
		return c.text(mac)
	})},
	"two wrapped keys swapped": {detected, detected, field(func(_ *target, c *content) {
		a, b := c.find("acme/2"), c.find("beta/2")
		a.sealed, b.sealed = b.sealed, a.sealed
	})},
	"two check values swapped": {detected, detected, field(func(_ *target, c *content) {
		a, b := c.find("acme/2"), c.find("beta/2")
		a.Check, b.Check = b.Check, a.Check
	})},
	"two ids swapped": {detected, detected, field(func(_ *target, c *content) {
		a, b := c.find("acme/2"), c.find("beta/2")
		a.ID, b.ID = b.ID, a.ID
	})},
	"an id, a check value or a time changed": {detected, detected, fields(map[string]func(*target, *content){
		"id":    func(_ *target, c *content) { c.find("second").ID = "2nd" },
		"check": func(_ *target, c *content) { c.find("second").Check = strings.Repeat("0", 32) },
		"made":  func(_ *target, c *content) { c.find("second").Made = shredTime },
	})},
	"a key in another namespace": {detected, detected, fields(map[string]func(*target, *content){
		"another one":     func(_ *target, c *content) { c.find("acme/1").Namespace = "beta" },
		"a new one":       func(_ *target, c *content) { c.find("acme/1").Namespace = "delta" },
		"swapped":         func(_ *target, c *content) { c.find("acme/2").Namespace, c.find("beta/2").Namespace = "beta", "acme" },
		"none":            func(_ *target, c *content) { c.find("acme/1").Namespace = "" },
		"of installation": func(_ *target, c *content) { c.find("second").Namespace = "acme" },
	})},
	"a key in two namespaces": {detected, detected, fields(map[string]func(*target, *content){
		"under one id": func(_ *target, c *content) {
			r := *c.find("acme/1")
			r.Namespace = "beta"
			c.rows = append(c.rows, r)
		},
		"under two": func(_ *target, c *content) {
			r := *c.find("acme/1")
			r.Namespace, r.ID = "beta", "beta/3"
			c.rows = append(c.rows, r)
		},
	})},
	"the kind of a key changed": {detected, detected, field(func(_ *target, c *content) { c.find("second").Kind = Passphrase })},
	"another key made primary": {detected, detected, fields(map[string]func(*target, *content){
		"installation": func(_ *target, c *content) { c.find("third").Primary, c.find("second").Primary = false, true },
		"namespace":    func(_ *target, c *content) { c.find("acme/2").Primary, c.find("acme/1").Primary = false, true },
		"none":         func(_ *target, c *content) { c.find("acme/2").Primary = false },
		"two":          func(_ *target, c *content) { c.find("acme/1").Primary = true },
	})},
	"a key removed": {detected, detected, fields(map[string]func(*target, *content){
		"of a namespace": func(_ *target, c *content) { without(c, "acme/1") },
		"the only one":   func(_ *target, c *content) { without(c, "beta/1"); without(c, "beta/2") },
		"the primary":    func(_ *target, c *content) { without(c, "third") },
		"all":            func(_ *target, c *content) { c.rows = nil },
	})},
	"a retired or shredded key put back from an older file": {detected, detected, fields(map[string]func(*target, *content){
		"retired": func(x *target, c *content) {
			older, _ := x.content(x.older)
			c.rows, c.retired = append(c.rows, *older.find("first")), nil
		},
		"shredded": func(x *target, c *content) {
			older, _ := x.content(x.older)
			c.rows, c.shredded = append(c.rows, *older.find("gone/1"), *older.find("gone/2")), nil
		},
	})},
	"what was retired or shredded changed": {detected, detected, fields(map[string]func(*target, *content){
		"not retired":      func(_ *target, c *content) { c.retired = nil },
		"not shredded":     func(_ *target, c *content) { c.shredded = nil },
		"destroyed":        func(_ *target, c *content) { c.shredded[0].State = Destroyed },
		"another time":     func(_ *target, c *content) { c.shredded[0].At = c.shredded[0].At.AddDate(1, 0, 0) },
		"another name":     func(_ *target, c *content) { c.shredded[0].Namespace = "delta" },
		"fewer keys":       func(_ *target, c *content) { c.shredded[0].KeyIDs = c.shredded[0].KeyIDs[:1] },
		"retired earlier":  func(_ *target, c *content) { c.retired[0].At = c.retired[0].At.AddDate(-1, 0, 0) },
		"retired, of acme": func(_ *target, c *content) { c.retired[0].Namespace = "acme" },
		"everything": func(_ *target, c *content) {
			c.shredded = append(c.shredded, ShreddedNamespace{Namespace: "acme", KeyIDs: []string{"acme/1", "acme/2"}, At: shredTime, State: Recoverable})
			without(c, "acme/1")
			without(c, "acme/2")
		},
	})},
	"keys in another order": {detected, detected, field(func(_ *target, c *content) { slices.Reverse(c.rows) })},
	"the generation changed": {detected, detected, fields(map[string]func(*target, *content){
		"raised":  func(_ *target, c *content) { c.generation++ },
		"highest": func(_ *target, c *content) { c.generation = maxGeneration },
		"lowered": func(_ *target, c *content) { c.generation = 1 },
	})},
	"the file id changed":           {detected, detected, field(func(_ *target, c *content) { c.fileID = eso.NewID() })},
	"the provider's key named anew": {detected, detected, field(func(_ *target, c *content) { c.wrapperID = "test:x" })},
	"a key of another file mixed in": {detected, detected, fields(map[string]func(*target, *content){
		"added": func(x *target, c *content) {
			other, _ := x.content(x.other)
			r := *other.find("first")
			r.ID, r.Primary = "mixed", false
			c.rows = append(c.rows, r)
		},
		"in place of its own": func(x *target, c *content) {
			other, _ := x.content(x.other)
			*c.find("acme/2") = *other.find("acme/2")
		},
		"with its file key": func(x *target, c *content) {
			other, _ := x.content(x.other)
			c.wrapped = other.wrapped
		},
		"with its file key and all keys": func(x *target, c *content) {
			other, _ := x.content(x.other)
			c.wrapped, c.rows = other.wrapped, other.rows
		},
	})},
	"the file key of an older file": {detected, detected, field(func(x *target, c *content) {
		older, _ := x.content(x.older)
		c.wrapped = older.wrapped
	})},
	"an older file put back whole":                {notDetected, detected, whole(func(x *target) []byte { return x.older })},
	"another key file of the same provider's key": {notDetected, detected, whole(func(x *target) []byte { return x.other })},
	"a file under a key of the attacker's": {detected, detected, func(x *target) map[string][]byte {
		mine := func(f *File, _ *content) {}
		named := newWrapper("mine")
		c, mac := x.content(x.forged(named, claim))
		c.wrapperID = x.w.ID()
		return map[string][]byte{"": x.forged(named, mine), "with all ids": x.forged(named, claim), "that claims ours": c.text(mac)}
	}},
	"a file of somebody who may use the provider's key": {notDetected, detected, func(x *target) map[string][]byte {
		return map[string][]byte{
			"with keys of his own":              x.forged(x.w, func(*File, *content) {}),
			"with our ids, and keys of his own": x.forged(x.w, claim),
			"with our ids, retired": x.forged(x.w, func(f *File, real *content) {
				f.content.retired, f.content.shredded = real.retired, real.shredded
				for _, r := range real.rows {
					f.content.retired = append(slices.Clip(f.content.retired), RetiredKey{ID: r.ID, Namespace: r.Namespace, At: shredTime})
				}
			}),
		}
	}},
	"that file, and our key as the primary one": {detected, detected, whole(func(x *target) []byte {
		return x.forged(x.w, func(f *File, real *content) {
			claim(f, real)
			f.content.find("own").Primary, f.content.find("third").Primary = false, true
		})
	})},
	"a file key or a key of zeros": {detected, detected, func(x *target) map[string][]byte {
		c, _ := x.content(x.text)
		context := contextHash(c.fileID)
		wrapped, err := x.w.Wrap(x.t.Context(), append(make([]byte, fileKeySize), context[:]...))
		require.NoError(x.t, err)
		c.wrapped = wrapped
		key := x.forged(x.w, func(f *File, _ *content) {
			r := f.content.find("own")
			r.sealed = f.key.seal(r, make([]byte, nativeSize))
		})
		return map[string][]byte{"file key": c.text([macSize]byte{}), "key": key}
	}},
	"a provider that answers with anything, panics or hangs": {detected, detected, nil},
	"a member unknown, missing or twice": {detected, detected, edits(
		`"file":`, `"format": "esogen-keys/1", "file":`,
		`"file":`, `"file": "x", "f\u0069le":`,
		`"file":`, `"File": "x", "file":`,
		`"file":`, `"__proto__": {}, "file":`,
		`"file":`, `"fil\ud800": 1, "file":`,
		`"kind": "native", `, ``,
		`"kind": "native"`, `"kind": "native", "kind": "native"`,
		`"kind": "native"`, `"kind": "native", "usage": "seal"`,
		`"retired": [`, `"retire": [`,
		`{"namespace": "gone"`, `{"namespace": "gone", "namespace": "gone"`,
		`"wrapper": {`, `"wrapper": {"id": "test:w", `,
	)},
	"a value of another form": {detected, detected, edits(
		`"esogen-keys/1"`, `"esogen-keys/2"`,
		`"esogen-keys/1"`, `"ESOGEN-KEYS/1"`,
		`"generation": 3`, `"generation": 3.0`,
		`"generation": 3`, `"generation": 3e0`,
		`"generation": 3`, `"generation": "3"`,
		`"generation": 3`, `"generation": -3`,
		`"generation": 3`, `"generation": 03`,
		`"generation": 3`, `"generation": 9007199254740992`,
		`"primary": true`, `"primary": false`,
		`"primary": true`, `"primary": "true"`,
		`"primary": true`, `"primary": 1`,
		`"acme/1"`, "\"acme\uff0f1\"",
		`"acme/1"`, `"acme/1\u0000"`,
		`"acme/1"`, `"acme/\ud800"`,
		`"namespace": "acme"`, `"namespace": "Acme"`,
		`"namespace": "acme"`, "\"namespace\": \"acm\u0435\"",
		`"namespace": "acme"`, `"namespace": ""`,
		`"namespace": "acme"`, `"namespace": "default"`,
		`"namespace": "acme"`, `"namespace": null`,
		`"keys": [`, `"keys": [null, `,
		`"kind": "native"`, `"kind": "native "`,
		`"kind": "native"`, `"kind": ["native"]`,
		`11:00:00Z`, `11:00:00.0Z`,
		`11:00:00Z`, `12:00:00+01:00`,
		`11:00:00Z`, `11:00:60Z`,
		`"recoverable"`, `"recovered"`,
		`"mac": "`, `"mac": "\n`,
		`"mac": "`, `"mac": "AAAA`,
		"=\"\n}", "\"\n}",
	)},
	"a text that is not one JSON object in UTF-8": {detected, detected, func(x *target) map[string][]byte {
		return map[string][]byte{
			"empty": nil, "null": []byte("null"), "a list": slices.Concat([]byte("["), x.text, []byte("]")),
			"two": slices.Concat(x.text, x.text), "something behind": append(slices.Clone(x.text), 0),
			"comment": append([]byte("// keys\n"), x.text...), "trailing comma": bytes.Replace(x.text, []byte("\n}\n"), []byte(",\n}\n"), 1),
			"UTF-16":       []byte("\xff\xfe{\x00}\x00"),
			"broken UTF-8": bytes.Replace(x.text, []byte("acme"), []byte("acm\xe9"), 1),
			"two marks":    append([]byte("\ufeff\ufeff"), x.text...),
		}
	}},
	"the same JSON, spelled another way": {noEffect, noEffect, func(x *target) map[string][]byte {
		lines := bytes.Split(bytes.TrimSpace(x.text), []byte("\n"))
		mac := bytes.TrimSpace(lines[len(lines)-2])
		moved := slices.Concat([][]byte{[]byte("{"), append(mac, ',')}, lines[1:len(lines)-2])
		moved[len(moved)-1] = bytes.TrimSuffix(moved[len(moved)-1], []byte(","))
		return map[string][]byte{
			"no white space":      bytes.ReplaceAll(bytes.ReplaceAll(x.text, []byte("\n"), nil), []byte(": "), []byte(":")),
			"line ends":           bytes.ReplaceAll(x.text, []byte("\n"), []byte("\r\n")),
			"a byte order mark":   append([]byte("\ufeff"), x.text...),
			"escapes":             bytes.ReplaceAll(bytes.ReplaceAll(x.text, []byte("acme"), []byte(`\u0061cme`)), []byte("/"), []byte(`\/`)),
			"members in an order": append(bytes.Join(moved, []byte("\n")), "\n}"...),
		}
	}},
	"hostile sizes": {detected, detected, func(x *target) map[string][]byte {
		item := `{"id": "k", "kind": "native", "made": "2026-11-30T09:00:00Z", "check": "` + strings.Repeat("0", 32) + `", "sealed": ""},`
		return map[string][]byte{
			"file":       bytes.Repeat([]byte(" "), MaxSize+1),
			"nesting":    bytes.Replace(x.text, []byte(`"keys": [`), append([]byte(`"keys": [`), bytes.Repeat([]byte("["), 1<<20)...), 1),
			"keys":       bytes.Replace(x.text, []byte(`"keys": [`), append([]byte(`"keys": [`), bytes.Repeat([]byte(item), MaxKeys+1)...), 1),
			"wrapped":    bytes.Replace(x.text, []byte(`"wrapped": "`), append([]byte(`"wrapped": "`), base64.StdEncoding.AppendEncode(nil, make([]byte, 99_999))...), 1),
			"an id":      bytes.Replace(x.text, []byte(`"acme/1"`), []byte(`"`+strings.Repeat("a", 1<<20)+`"`), 1),
			"a sealed":   bytes.Replace(x.text, []byte(`"sealed": "`), []byte(`"sealed": "`+strings.Repeat("A", 1<<20)), 1),
			"members":    bytes.Replace(x.text, []byte(`"file":`), []byte(strings.Repeat(`"file": "", `, 1<<16)+`"file":`), 1),
			"shredded":   bytes.Replace(x.text, []byte(`"keys": ["gone/1"`), []byte(`"keys": [`+strings.Repeat(`"gone/1", `, 1<<17)+`"gone/1"`), 1),
			"generation": bytes.Replace(x.text, []byte(`"generation": 3`), []byte(`"generation": `+strings.Repeat("9", 1<<20)), 1),
		}
	}},
}

// badProviders unwrap in the place of the real one.
var badProviders = map[string]func(context.Context, []byte) ([]byte, error){
	"nothing":   func(context.Context, []byte) ([]byte, error) { return nil, nil },
	"the input": func(_ context.Context, wrapped []byte) ([]byte, error) { return wrapped, nil },
	"random":    func(context.Context, []byte) ([]byte, error) { return bytes.Repeat([]byte("s3cret42"), 8), nil },
	"short":     func(context.Context, []byte) ([]byte, error) { return make([]byte, 63), nil },
	"long":      func(context.Context, []byte) ([]byte, error) { return make([]byte, 1<<24), nil },
	"panic":     func(context.Context, []byte) ([]byte, error) { panic("s3cret") },
	"exit":      func(context.Context, []byte) ([]byte, error) { runtime.Goexit(); return nil, nil },
	"hang":      func(context.Context, []byte) ([]byte, error) { select {} },
}
