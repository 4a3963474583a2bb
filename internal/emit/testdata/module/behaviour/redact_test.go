package behaviour

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	eso "github.com/esogen/esogen/runtime"

	"example.com/product/generated/alert"
	"example.com/product/generated/everyshape"
	"example.com/product/generated/hostilenames"
)

// printed returns a value in all forms in which fmt, slog and encoders show it,
// apart from the verbs p and w: for a value that they do not fit, which vet
// reports, fmt calls no method of it.
func printed(t *testing.T, v any) string {
	t.Helper()
	var all strings.Builder
	for _, verb := range "vTtbcdoOqxXUeEfFgGs" {
		for _, flags := range []string{"", "+", "#", " ", "-", "0", "+#", "10", ".3"} {
			fmt.Fprintf(&all, "%"+flags+string(verb)+"\n", v)
		}
	}
	fmt.Fprintln(&all, v)
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("message", "value", v)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("message", "value", v, slog.Group("group", "value", v))
	text, _ := json.Marshal(v)
	b.Write(text)
	text, _ = xml.Marshal(v)
	b.Write(text)
	return all.String() + b.String()
}

func shows(text, secret string) bool {
	for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), fmt.Sprintf("% x", secret), strings.Trim(fmt.Sprint([]byte(secret)), "[]")} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

// forms are the ways in which a product holds a value.
func forms[T any](v T) []any {
	type holder struct {
		V T
		P *T
		N eso.Null[T]
		L []T
		M map[string]T
	}
	type kept struct { // fmt calls no method behind an unexported field
		s eso.Secret[T]
		n eso.Null[eso.Secret[T]]
	}
	h := holder{v, &v, eso.NotNull(v), []T{v}, map[string]T{"k": v}}
	k := kept{eso.NewSecret(v), eso.NotNull(eso.NewSecret(v))}
	return []any{v, &v, new(&v), []T{v}, []*T{&v}, [1]T{v}, map[string]T{"k": v}, eso.NotNull(v), new(eso.NotNull(v)), []any{v},
		h, &h, []holder{h}, k, &k, eso.NewSecret(v), fmt.Errorf("refused: %v", v)}
}

// TestTypesOfSecretsRedactThemselves prints types that occur only in secrets, in
// all forms, and as they were read.
func TestTypesOfSecretsRedactThemselves(t *testing.T) {
	const hush = "q7hush7q"
	opened := must(alert.Open(t.Context(), keyring(t), func() eso.Document {
		a := newAlert()
		a.SecretParams = new(eso.NewSecret(alert.SecretParams{User: hush, Password: hush}))
		return must(alert.Seal(t.Context(), keyring(t), alert.Ref("space", ""), a))(t)
	}()))(t)
	part := everyshape.StructSecret{X: hush}
	for name, values := range map[string][]any{
		"a struct":                forms(must(opened.SecretParams.Reveal())(t)),
		"a struct in a list":      forms(everyshape.ListOfStructSecretItem{X: hush}),
		"an enum":                 forms(everyshape.EnumSecret(hush)),
		"an enum in a map":        forms(everyshape.MapOfEnumSecretValue(hush)),
		"a struct of others":      forms(struct{ Part *everyshape.StructSecret }{&part}),
		"members named as method": forms(hostilenames.Printed{StringField: new(hush), FormatField: new(hush), LogValueField: new(hush)}),
	} {
		for i, v := range values {
			text := printed(t, v)
			if shows(text, hush) {
				t.Errorf("%s, form %d: %s", name, i, text)
			}
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		equal(t, fmt.Sprintf(verb, part), "[secret]")
		equal(t, fmt.Sprintf(verb, everyshape.EnumSecret(hush)), "[secret]")
	}
	equal(t, string(must(json.Marshal(part))(t)), `"[secret]"`)
	equal(t, part.X, hush)

	// A type that occurs in the clear as well is no secret by itself.
	equal(t, strings.Contains(fmt.Sprintf("%+v", everyshape.Shared{X: hush}), hush), true)
	equal(t, strings.Contains(fmt.Sprintf("%+v", alert.Schedule{}), "Interval"), true)
	equal(t, fmt.Sprint(alert.SeverityLow), "low")
}

// TestObjectsPrintValuesOnce prints what was read, which keeps its stored text.
func TestObjectsPrintValuesOnce(t *testing.T) {
	const once, unknown, hush = "q7once7q", "q7unknown7q", "q7hush7q"
	d := alert.Objects.Definition()
	text := `{"name":"` + once + `","owner":"o","apiKey":"` + hush + `","scope":"s","schedule":{"interval":"1m","more":"` + unknown + `"},
		"severity":"low","retries":1,"enabled":true,"snoozedUntil":null,"more":"` + unknown + `"}`
	doc := must(d.SealJSON(t.Context(), keyring(t), alert.Ref("space", ""), []byte(text)))(t)
	for name, o := range map[string]*alert.Alert{
		"opened": must(alert.Open(t.Context(), keyring(t), doc))(t),
		"read":   must(alert.Read(t.Context(), keyring(t), doc))(t),
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			for _, v := range []any{o, *o, []alert.Alert{*o}, struct{ o alert.Alert }{*o}} {
				shown := fmt.Sprintf(verb, v)
				if strings.Count(shown, once) != 1 || strings.Contains(shown, unknown) || shows(shown, hush) {
					t.Errorf("%s, %s of %T: %s", name, verb, v, shown)
				}
			}
		}
		if !strings.Contains(string(must(json.Marshal(o))(t)), unknown) {
			t.Error("the stored text is there")
		}
	}
}
