package behaviour

import (
	"strings"
	"testing"
	"time"

	eso "github.com/esogen/esogen/runtime"

	moved "example.com/product/generated/moved/connectortoken"
	native "example.com/product/generated/native/connectortoken"
	stage1 "example.com/product/generated/stage1/connectortoken"
)

func nativeToken() *native.ConnectorToken {
	return &native.ConnectorToken{
		ConnectorID: "c1", TokenType: "access_token", Token: eso.NewSecret("s3cret value"),
		RefreshToken: new(eso.NewSecret("r3fresh")), CreatedAt: day, UpdatedAt: day,
	}
}

// One seal holds all secrets, and shows none.
func TestNativeSealOpenRead(t *testing.T) {
	keys := keyring(t)
	doc := must(native.Seal(t.Context(), keys, native.Ref(""), nativeToken()))(t)
	stored := string(doc.Attributes)
	for _, hidden := range []string{"s3cret", "r3fresh", `"token"`, `"refreshToken"`} {
		if strings.Contains(stored, hidden) {
			t.Errorf("%s shows in %s", hidden, stored)
		}
	}
	equal(t, strings.Count(stored, `"$sealed":`), 1)

	_, err := native.Read(t.Context(), nil, doc)
	wantError(t, err, eso.ErrNoKey, "")
	unverified := must(native.ReadUnverified(t.Context(), nil, doc))(t)
	equal(t, unverified.ConnectorID, "c1")
	read := must(native.Read(t.Context(), keys, doc))(t)
	equal(t, read.ConnectorID, "c1")
	equal(t, read.Token.Present() || read.RefreshToken.Present(), false)
	opened := must(native.Open(t.Context(), keys, doc))(t)
	equal(t, must(opened.Token.Reveal())(t), "s3cret value")
	equal(t, must(opened.RefreshToken.Reveal())(t), "r3fresh")
}

func TestNativeUpdate(t *testing.T) {
	keys := keyring(t)
	doc := must(native.Seal(t.Context(), keys, native.Ref(""), nativeToken()))(t)
	doc = must(native.Update(t.Context(), keys, doc, func(o *native.ConnectorToken) error {
		o.RefreshToken, o.UpdatedAt = nil, day.Add(time.Hour)
		return nil
	}))(t)
	opened := must(native.Open(t.Context(), keys, doc))(t)
	equal(t, opened.RefreshToken, nil)
	equal(t, must(opened.Token.Reveal())(t), "s3cret value")

	for _, change := range [][2]string{{`"c1"`, `"c2"`}, {`"$sealed"`, `"other"`}, {`"connectorId":"c1",`, ``}} {
		forged := doc
		forged.Attributes = []byte(strings.Replace(string(doc.Attributes), change[0], change[1], 1))
		_, err := native.Open(t.Context(), keys, forged)
		wantError(t, err, eso.ErrTampered, "")
	}
}

// A document of the release before, in the kibana format, becomes one of the
// native format.
func TestKibanaBecomesNative(t *testing.T) {
	keys := keyring(t)
	doc := must(stage1.Seal(t.Context(), keys, stage1.Ref(""), token()))(t)
	equal(t, strings.Contains(string(doc.Attributes), "$sealed"), false)
	migrated := must(moved.Migrate(t.Context(), keys, doc))(t)
	equal(t, strings.Contains(string(migrated.Attributes), "$sealed"), true)
	opened := must(moved.Open(t.Context(), keys, migrated))(t)
	equal(t, must(opened.Token.Reveal())(t), "s3cret value")
	_, err := stage1.Open(t.Context(), keys, migrated)
	wantError(t, err, eso.ErrMalformed, "$sealed")
}
