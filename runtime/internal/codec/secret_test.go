package codec

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

const Hush = "q7hush7q"

// holders hold a secret in all ways in which one can be held.
func holders() []any {
	type public struct{ S Secret[string] }
	type private struct{ s Secret[string] }
	type pointers struct {
		p *Secret[string]
		n Null[Secret[string]]
		b *Null[Secret[string]]
	}
	s := NewSecret(Hush)
	bytesOf := NewSecret([]byte(Hush))
	structOf := NewSecret(rule{Name: Hush, Params: &params{Units: []string{Hush}}})
	e := everything{Token: s, Key: &bytesOf, Config: new(NotNull(structOf))}
	return []any{
		s, &s, new(&s), bytesOf, structOf, NewSecret(map[string]string{Hush: Hush}), NewSecret(&s),
		public{s}, &public{s}, private{s}, &private{s}, []Secret[string]{s}, []private{{s}}, map[string]Secret[string]{"k": s}, map[string]private{"k": {s}},
		[1]any{s}, NotNull(s), new(NotNull(s)), pointers{&s, NotNull(s), new(NotNull(s))}, &pointers{&s, NotNull(s), new(NotNull(s))},
		Set(s), e, &e, struct{ error }{fmt.Errorf("%v", s)},
	}
}

// shows reports whether a text holds the secret, plainly or in another form.
func Shows(text string) bool {
	for _, form := range []string{Hush, fmt.Sprintf("%x", Hush), fmt.Sprintf("%X", Hush), fmt.Sprint([]byte(Hush)), strings.Trim(fmt.Sprint([]byte(Hush)), "[]"), "0x71, 0x37, 0x68"} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

func TestSecretIsNotPrinted(t *testing.T) {
	for i, v := range holders() {
		for _, verb := range "vTtbcdoOqxXUeEfFgGspw" {
			for _, flags := range []string{"", "+", "#", " ", "-", "0", "+#", "10", ".3"} {
				format := "%" + flags + string(verb)
				assert.False(t, Shows(fmt.Sprintf(format, v)), "holder %d, %s", i, format)
			}
		}
		assert.False(t, Shows(fmt.Sprint(v)))
		assert.False(t, Shows(fmt.Sprintln("text", v)))
		for _, handler := range []func(*bytes.Buffer) slog.Handler{
			func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var b bytes.Buffer
			slog.New(handler(&b)).Info("message", "value", v, slog.Group("group", "value", v))
			assert.False(t, Shows(b.String()), "holder %d: %s", i, b.String())
		}
		text, err := json.Marshal(v)
		assert.False(t, Shows(string(text)), "holder %d: %s, %v", i, text, err)
		text, err = xml.Marshal(v)
		assert.False(t, Shows(string(text)), "holder %d: %s, %v", i, text, err)
		var b bytes.Buffer
		err = gob.NewEncoder(&b).Encode(v)
		assert.False(t, Shows(b.String()), "holder %d: %v", i, err)
		b.Reset()
		err = template.Must(template.New("").Parse(`{{.}} {{printf "%#v" .}}`)).Execute(&b, v)
		assert.False(t, Shows(b.String()), "holder %d: %v", i, err)

		// testify prints differing values through a copy of go-spew.
		var failed recorder
		assert.Equal(&failed, v, "something else")
		assert.NotEmpty(t, failed.text)
		assert.False(t, Shows(failed.text), "holder %d: %s", i, failed.text)
	}
}

type recorder struct{ text string }

func (r *recorder) Errorf(format string, args ...any) { r.text += fmt.Sprintf(format, args...) }

func TestSecret(t *testing.T) {
	s := NewSecret(Hush)
	v, err := s.Reveal()
	require.NoError(t, err)
	assert.Equal(t, Hush, v)
	assert.True(t, s.Present())
	assert.Equal(t, "[secret]", s.String())
	assert.Equal(t, "[secret] [secret] [secret] {S:[secret]}", fmt.Sprintf("%v %x %#v %+v", s, s, s, struct{ S Secret[string] }{s}))

	var none Secret[string]
	_, err = none.Reveal()
	assert.ErrorIs(t, err, fault.ErrStripped)
	assert.False(t, none.Present())
	assert.Equal(t, "[secret]", none.String())
}

func TestSecretInJSON(t *testing.T) {
	type holder struct{ S Secret[string] }
	text, err := json.Marshal(holder{NewSecret(Hush)})
	require.NoError(t, err)
	assert.Equal(t, `{"S":null}`, string(text))

	var h holder
	require.NoError(t, json.Unmarshal(text, &h))
	assert.False(t, h.S.Present())
	assert.Error(t, json.Unmarshal([]byte(`{"S":"`+Hush+`"}`), &h))
	assert.False(t, h.S.Present())
}

func TestMarshalLeavesSecretsOut(t *testing.T) {
	e := openStored(t, stored(t))
	v, err := e.Token.Reveal()
	require.NoError(t, err)
	assert.Equal(t, "s3cret", v)
	assert.Equal(t, Null[Secret[int64]]{}, e.Pin)
	r, err := e.Config.V.Reveal()
	require.NoError(t, err)
	assert.Equal(t, "s3cret", r.Name)

	text, err := e.MarshalJSON()
	require.NoError(t, err)
	assert.Equal(t, string(AppendMembers(nil, stored(t)[:len(stored(t))-4])), string(text))
	for _, format := range []string{"%v", "%+v", "%#v", "%x"} {
		assert.NotContains(t, fmt.Sprintf(format, *e), "s3cret", "not through the source either")
		assert.NotContains(t, fmt.Sprintf(format, e.source), "s3cret")
	}

	e.source = Source{}
	text, err = e.MarshalJSON()
	require.NoError(t, err)
	for _, name := range []string{`"token"`, `"key"`, `"pin"`, `"config"`} {
		assert.NotContains(t, string(text), name)
	}
}

func TestUnmarshalStripsSecrets(t *testing.T) {
	text := `{"token":"` + Hush + `","text":"x","new":1,"key":"AAEC","pin":null,"config":{"name":"` + Hush + `"}}`
	e := readSample(t, text)
	assert.False(t, e.Token.Present())
	assert.False(t, e.Key.Present())
	assert.False(t, e.Pin.Valid)
	assert.False(t, e.Config.V.Present())
	assert.False(t, Shows(fmt.Sprintf("%+v %+v", e, e.source)))
	assert.Equal(t, `{"text":"x","new":1,"pin":null}`, e.source.text())

	shown, err := e.MarshalJSON()
	require.NoError(t, err)
	assert.Equal(t, `{"text":"x","new":1}`, string(shown))

	w := NewWriter(nil)
	e.Level = "low"
	e.write(w)
	_, err = w.deltas()
	assert.ErrorIs(t, err, fault.ErrStripped, "it cannot be sealed")
}

// A secret that a normal read hides keeps its place, and no text of it.
func TestHiddenSecretIsStripped(t *testing.T) {
	ms := stored(t)
	for i := range ms {
		if ms[i].Secret && ms[i].Raw != "null" {
			ms[i] = Member{Name: ms[i].Name, Raw: `"` + Hush + `"`, Hidden: true}
		}
	}
	e := openStored(t, ms)
	assert.False(t, e.Token.Present())
	assert.True(t, e.Config.Valid)
	assert.False(t, e.Config.V.Present())
	assert.False(t, Shows(e.source.text()))
}

func TestErrorsOfSecretsTellNothing(t *testing.T) {
	ms := stored(t)
	ms[ms.Find("config")].Raw = `{"name":"","` + Hush + `":1,"` + Hush + `":2}`
	d := NewReader(ms)
	new(everything).read(d)
	assert.EqualError(t, d.Err(), `attribute "config": a duplicate name`)

	_, err := jsontext.Value(`{"` + Hush + `":{"` + Hush + `":tru}}`)
	assert.ErrorContains(t, err, `not valid JSON`)
	assert.NotContains(t, err.Error(), Hush)

	_, err = readValue(`{"labels":{"`+Hush+`":"`+Hush+`"}}`, func(d *Reader) (e everything) { e.read(d); return e })
	assert.ErrorContains(t, err, `want an integer, found a string`)
	assert.NotContains(t, err.Error(), "labels")
	v, err := readValue(` "`+Hush+`" `, (*Reader).String)
	assert.NoError(t, err)
	assert.Equal(t, Hush, v)
}
