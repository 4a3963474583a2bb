// Package behaviour uses generated code as a product does.
package behaviour

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	eso "github.com/esogen/esogen/runtime"

	stage1 "example.com/product/generated/stage1/connectortoken"
	stage2 "example.com/product/generated/stage2/connectortoken"
)

func keyring(t *testing.T) eso.Keyring {
	t.Helper()
	return must(eso.NewKeyring("a key of the tests, thirty-two characters or more"))(t)
}

// must takes what a function returned, and fails the test where that is an
// error.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantError(t *testing.T, err, target error, attribute string) {
	t.Helper()
	var e *eso.Error
	if !errors.Is(err, target) || !errors.As(err, &e) || e.Attribute != attribute {
		t.Errorf("got %v, want %v on %q", err, target, attribute)
	}
}

func equal[T comparable](t *testing.T, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

var day = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func token() *stage1.ConnectorToken {
	return &stage1.ConnectorToken{
		ConnectorID: "c1", TokenType: "access_token", Token: eso.NewSecret("s3cret value"),
		ExpiresAt: &day, CreatedAt: day, UpdatedAt: day,
	}
}

func TestSealOpenRead(t *testing.T) {
	keys := keyring(t)
	doc := must(stage1.Seal(t.Context(), keys, stage1.Ref(""), token()))(t)
	equal(t, doc.Ref.Type, "connector_token")
	equal(t, doc.Model, 1)
	if strings.Contains(string(doc.Attributes), "s3cret") {
		t.Error("the secret is stored in the clear")
	}

	opened := must(stage1.Open(t.Context(), keys, doc))(t)
	equal(t, must(opened.Token.Reveal())(t), "s3cret value")
	equal(t, opened.ConnectorID, "c1")
	equal(t, *opened.ExpiresAt, day)

	read := must(stage1.Read(t.Context(), keys, doc))(t)
	if _, err := read.Token.Reveal(); !errors.Is(err, eso.ErrStripped) {
		t.Errorf("a normal read shows the secret, or fails with %v", err)
	}
	for _, object := range []*stage1.ConnectorToken{opened, read} {
		shown := string(must(json.Marshal(object))(t)) + fmt.Sprintf("%v %+v %#v", *object, object, *object)
		if strings.Contains(shown, "s3cret") {
			t.Error("the secret shows")
		}
	}
	_, err := stage1.Seal(t.Context(), keys, stage1.Ref(""), read)
	wantError(t, err, eso.ErrStripped, "token")
}

func TestSealWantsWhatTheModelRequires(t *testing.T) {
	object := token()
	object.ExpiresAt = nil // optional from model 2, and required by model 1
	_, err := stage1.Seal(t.Context(), keyring(t), stage1.Ref(""), object)
	wantError(t, err, eso.ErrRequired, "expiresAt")
	_, err = stage1.Seal(t.Context(), keyring(t), stage1.Ref("no-uuid"), token())
	wantError(t, err, eso.ErrID, "")
}

// TestTwoStages rolls model 2 out beside the release that has announced it, and
// back.
func TestTwoStages(t *testing.T) {
	ctx, keys := t.Context(), keyring(t)
	old := must(stage1.Seal(ctx, keys, stage1.Ref(""), token()))(t)

	newer := must(stage2.Update(ctx, keys, old, func(o *stage2.ConnectorToken) error {
		o.ExpiresAt = nil
		o.RefreshToken = new(eso.NewSecret("refresh me"))
		o.RefreshTokenExpiresAt = &day
		return nil
	}))(t)
	equal(t, newer.Model, 2)

	maintained := must(stage1.Update(ctx, keys, newer, func(o *stage1.ConnectorToken) error {
		if o.ExpiresAt != nil {
			t.Error("expiresAt is back")
		}
		o.UpdatedAt = day.Add(time.Hour)
		return nil
	}))(t)
	equal(t, maintained.Model, 2)

	opened := must(stage2.Open(ctx, keys, maintained))(t)
	equal(t, must(opened.RefreshToken.Reveal())(t), "refresh me")
	equal(t, *opened.RefreshTokenExpiresAt, day)
	equal(t, opened.UpdatedAt, day.Add(time.Hour))
	equal(t, opened.ExpiresAt, nil)

	migrated := must(stage2.Migrate1To2(ctx, keys, old))(t)
	equal(t, migrated.Model, 2)
	equal(t, must(must(stage1.Open(ctx, keys, migrated))(t).Token.Reveal())(t), "s3cret value")
	equal(t, string(must(stage1.Migrate(ctx, keys, migrated))(t).Attributes), string(migrated.Attributes))
}

func TestCodec(t *testing.T) {
	var o stage1.ConnectorToken
	text := `{"unknown":{"a": 1e1},"expiresAt":"2026-01-02T05:04:05+02:00","connectorId":"\u0063"}`
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	equal(t, o.ConnectorID, "c")
	equal(t, *o.ExpiresAt, day)
	shown := string(must(json.Marshal(o))(t))
	for _, kept := range []string{`"unknown":{"a":1e1}`, `"expiresAt":"2026-01-02T05:04:05+02:00"`} {
		if !strings.Contains(shown, kept) { // json.Marshal takes the white space out
			t.Errorf("%s is not in %s", kept, shown)
		}
	}
	for _, broken := range []string{`{"connectorId":"a","connectorId":"b"}`, `{"connectorId":1}`, `{"createdAt":"yesterday"}`, `[]`, `null`} {
		if err := new(stage1.ConnectorToken).UnmarshalJSON([]byte(broken)); !errors.Is(err, eso.ErrMalformed) {
			t.Errorf("%s: %v", broken, err)
		}
	}
}
