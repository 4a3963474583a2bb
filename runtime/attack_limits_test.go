package eso

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/seal"
)

// allocated returns how many bytes work allocates in all, whether or not they
// are freed on the way.
func allocated(work func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// everyOperation hands attributes to all that reads or writes a document, and
// returns the errors.
func (x *target) everyOperation(attributes []byte) map[string]error {
	doc := x.doc
	doc.Attributes = attributes
	ctx, errs := x.t.Context(), map[string]error{}
	_, errs["open"] = x.OpenJSON(ctx, x.keys, doc)
	_, errs["strip"] = x.StripJSON(ctx, x.keys, doc)
	_, errs["rotate"] = x.Rotate(ctx, x.keys, doc)
	_, errs["patch"] = x.patch(ctx, x.keys, doc, patching("note", `1`))
	_, errs["update"] = x.update(ctx, x.keys, doc, setting("note", `1`))
	_, errs["create"] = x.SealJSON(ctx, x.keys, doc.Ref, attributes)
	doc.Model = 1
	_, errs["migrate"] = x.Migrate(ctx, x.keys, doc)
	return errs
}

// What passes a limit is refused by every operation, before it takes memory:
// at most a few times what a document may have.
func TestAttackWithTooMuch(t *testing.T) {
	many := func(size int, item func(i int) string) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(item(i))
		}
		return b.String()
	}
	const full = MaxSize - 1000
	tests := map[string]struct {
		text string
		most uint64 // bytes allocated, for one operation
	}{
		"a value of 50 MB":                  {`{"host":"` + strings.Repeat("x", 50<<20) + `"}`, 1 << 20},
		"a seal of 50 MB":                   {`{"$sealed":"` + strings.Repeat("A", 50<<20) + `"}`, 1 << 20},
		"a secret of 50 MB":                 {`{"password":"` + strings.Repeat("A", 50<<20) + `"}`, 1 << 20},
		"100,000 nested lists":              {`{"host":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, 1 << 20},
		"100,000 nested lists without ends": {`{"host":` + strings.Repeat("[", 100_000), 1 << 20},
		"100,000 nested objects":            {`{"host":` + strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000) + `}`, 2 << 20},
		"1.9 million attributes":            {`{` + many(full, func(i int) string { return fmt.Sprintf(`"%x":0`, i) }) + `}`, 20 << 20},
		"1.9 million members":               {`{"host":{` + many(full, func(i int) string { return fmt.Sprintf(`"%x":0`, i) }) + `}}`, 50 << 20},
		"5 million empty objects":           {`{"host":[` + many(full, func(int) string { return `{}` }) + `]}`, 20 << 20},
		"8 million numbers":                 {`{"host":[` + many(full, func(int) string { return `0` }) + `]}`, 20 << 20},
	}
	for _, format := range []Format{Kibana, Native} {
		x := newTarget(t, format)
		for name, test := range tests {
			t.Run(string(format)+"/"+name, func(t *testing.T) {
				text := []byte(test.text)
				var errs map[string]error
				most := allocated(func() { errs = x.everyOperation(text) })
				for operation, err := range errs {
					assert.ErrorIs(t, err, ErrTooLarge, operation)
				}
				t.Logf("%d KB an operation", most>>10/uint64(len(errs)))
				assert.LessOrEqual(t, most, test.most*uint64(len(errs)))
			})
		}
	}
}

// What fills a document up to the limits is worked on with memory in proportion.
func TestAttackUpToTheLimits(t *testing.T) {
	const full = 12 << 20
	values := map[string]string{
		"a string":             `"` + strings.Repeat("x", full) + `"`,
		"escapes":              `"` + strings.Repeat(`\u00e9`, full/6) + `"`,
		"digits":               "1" + strings.Repeat("3", full),
		"digits of a fraction": "0." + strings.Repeat("3", full),
		"zeros":                "1" + strings.Repeat("0", full),
		"values":               `[` + strings.TrimSuffix(strings.Repeat(`0,`, MaxValues-100), ",") + `]`,
		"nesting":              strings.Repeat(`{"a":[`, (MaxDepth-2)/2) + strings.Repeat(`]}`, (MaxDepth-2)/2),
		"members": func() string {
			var b strings.Builder
			for i := range MaxValues - 100 {
				fmt.Fprintf(&b, `,"%x":0`, i*7919%MaxValues)
			}
			return `{` + b.String()[1:] + `}`
		}(),
	}
	for _, format := range []Format{Kibana, Native} {
		x := newTarget(t, format)
		for name, value := range values {
			t.Run(string(format)+"/"+name, func(t *testing.T) {
				text := []byte(`{"host":` + value + `}`)
				var doc Document
				var err error
				most := allocated(func() { doc, err = x.SealJSON(t.Context(), x.keys, x.doc.Ref, text) })
				assert.LessOrEqual(t, most, uint64(150<<20))
				if format == Kibana && strings.HasPrefix(name, "digits") || format == Kibana && name == "zeros" {
					return // beyond the range of a double, or not: in either case it was bounded
				}
				require.NoError(t, err)
				t.Logf("%d MB to create", most>>20)
				most = allocated(func() { _, err = x.OpenJSON(t.Context(), x.keys, doc) })
				t.Logf("%d MB to open", most>>20)
				assert.NoError(t, err)
				assert.LessOrEqual(t, most, uint64(150<<20))
			})
		}
	}
}

// A forged header may list 65,535 names, twice, beside 10,000 attributes: they
// are looked for by a table, not one by one.
func TestAttackWithManyNames(t *testing.T) {
	x := newTarget(t, Native)
	var names []byte
	for i := range 65535 {
		name := fmt.Sprintf("%05d", i)
		names = binary.BigEndian.AppendUint16(names, uint16(len(name)))
		names = append(names, name...)
	}
	list := append([]byte{0xff, 0xff}, names...)
	other := bytes.ReplaceAll(list, []byte("\x00\x05"), []byte("\x00\x06x"))
	data := x.ciphertext(seal.Attribute)
	at := x.modelAt()
	forged := bytes.Join([][]byte{data[:at+5], list, other, data[len(data)-60:]}, nil)
	var text strings.Builder
	text.WriteString(`{"$sealed":"` + base64.StdEncoding.EncodeToString(forged) + `"`)
	for i := range MaxAttributes - 1 {
		fmt.Fprintf(&text, `,"%05d":0`, i)
	}
	text.WriteString("}")
	definition := *x.Definition
	definition.Models = []Model{{Format: Native, Namespaces: Single}}
	definition.Write = 1
	doc := x.doc
	doc.Attributes = []byte(text.String())
	var err error
	most := allocated(func() { _, err = definition.OpenJSON(t.Context(), x.keys, doc) })
	assert.ErrorIs(t, err, ErrTampered)
	assert.LessOrEqual(t, most, uint64(100<<20))
}

// Where an older model of a type sealed nothing, a document of that model can
// be written without a key, whatever the format. Raising oldest closes the door.
func TestAttackUnderAModelWithoutSeal(t *testing.T) {
	for _, format := range []Format{Kibana, Native} {
		d := credential("credential", format)
		d.Models[0].Encrypted, d.Models[0].AAD = nil, nil
		doc := Document{Ref: Ref{ID: "one"}, Model: 1, Attributes: []byte(`{"token":"planted"}`)}
		_, err := d.OpenJSON(t.Context(), testKeys(t), doc)
		assert.NoError(t, err, "%s: not detected", format)
		d.Oldest = 2
		_, err = d.OpenJSON(t.Context(), testKeys(t), doc)
		assert.ErrorIs(t, err, ErrModel, "%s: detected", format)
	}
}

// What was written is within the limits that reading has.
func TestLimitsHoldForWriting(t *testing.T) {
	half := `[` + strings.TrimSuffix(strings.Repeat(`0,`, MaxValues/2), ",") + `]`
	for _, format := range []Format{Kibana, Native} {
		x := newTarget(t, format)
		x.doc.Attributes = x.put("host", half).Attributes
		doc, err := x.SealJSON(t.Context(), x.keys, x.doc.Ref, []byte(`{"host":`+half+`}`))
		require.NoError(t, err)
		for _, name := range []string{"note", "port", "password"} {
			_, err = x.patch(t.Context(), x.keys, doc, patching(name, half))
			assert.ErrorIs(t, err, ErrTooLarge, "%s, %s", format, name)
		}
		var text strings.Builder
		for i := range MaxAttributes {
			fmt.Fprintf(&text, `"%d":0,`, i)
		}
		doc, err = x.SealJSON(t.Context(), x.keys, x.doc.Ref, []byte("{"+strings.TrimSuffix(text.String(), ",")+"}"))
		if format == Native { // with its seal, it is one attribute too many
			assert.ErrorIs(t, err, ErrTooLarge)
			continue
		}
		require.NoError(t, err)
		_, err = x.patch(t.Context(), x.keys, doc, patching("note", `1`))
		assert.ErrorIs(t, err, ErrTooLarge)
	}
}
