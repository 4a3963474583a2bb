package behaviour

import (
	"errors"
	"strings"
	"testing"
	"time"

	eso "github.com/esogen/esogen/runtime"

	"example.com/product/generated/alert"
)

func newAlert() *alert.Alert {
	a := alert.New()
	a.Name, a.Owner, a.Scope = "disk", "me", "all"
	a.Schedule = alert.Schedule{Interval: time.Minute}
	a.Severity = alert.SeverityLow
	a.APIKey = eso.NotNull(eso.NewSecret("key key key"))
	a.SecretParams = new(eso.NewSecret(alert.SecretParams{User: "u", Password: "pass word"}))
	return a
}

func sealed(t *testing.T) eso.Document {
	t.Helper()
	return must(alert.Seal(t.Context(), keyring(t), alert.Ref("space", ""), newAlert()))(t)
}

func TestDefaults(t *testing.T) {
	a := alert.New()
	equal(t, a.Retries, 3)
	equal(t, a.Enabled, true)
	equal(t, (*a.Tags)[0], "new")
}

func TestExposedSecret(t *testing.T) {
	doc := sealed(t)
	read := must(alert.Read(t.Context(), keyring(t), doc))(t)
	equal(t, must(read.APIKey.V.Reveal())(t), "key key key")
	equal(t, read.SecretParams.Present(), false)
	opened := must(alert.Open(t.Context(), keyring(t), doc))(t)
	equal(t, must(opened.SecretParams.Reveal())(t).Password, "pass word")

	other := must(eso.NewKeyring("another key, also of thirty-two characters or more"))(t)
	without, err := alert.Read(t.Context(), other, doc)
	if without == nil || without.APIKey.V.Present() {
		t.Error("the object does not come, or comes with a secret")
	}
	wantError(t, err, eso.ErrTampered, "apiKey")
}

func TestNamespaceIsBound(t *testing.T) {
	doc := sealed(t)
	doc.Ref.Namespace = "other"
	_, err := alert.Open(t.Context(), keyring(t), doc)
	if !errors.Is(err, eso.ErrTampered) {
		t.Errorf("got %v", err)
	}
}

func TestRules(t *testing.T) {
	doc := sealed(t)
	for attribute, broken := range map[string]func(*alert.Alert){
		"name":     func(a *alert.Alert) { a.Name = "" },
		"retries":  func(a *alert.Alert) { a.Retries = 10 },
		"tags":     func(a *alert.Alert) { a.Tags = new(make([]string, 21)) },
		"severity": func(a *alert.Alert) { a.Severity = alert.SeverityCritical },
		"actions":  func(a *alert.Alert) { a.Actions = &[]alert.ActionsItem{{ID: "not a uuid", Group: "default"}} },
	} {
		_, err := alert.Update(t.Context(), keyring(t), doc, func(a *alert.Alert) error { broken(a); return nil })
		wantError(t, err, eso.ErrInvalid, attribute)
		if err != nil && strings.Contains(err.Error(), "not a uuid") {
			t.Error("the error holds the value")
		}
	}
	failed := errors.New("failed")
	if _, err := alert.Update(t.Context(), keyring(t), doc, func(*alert.Alert) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
}

func TestPatch(t *testing.T) {
	doc := sealed(t)
	patch := alert.Patch{
		Enabled:      new(false),
		SnoozedUntil: new(eso.NotNull(day)),
		Note:         eso.Set("a note"),
		Window:       eso.Set(alert.Window{Start: day}),
	}
	patched := must(patch.Apply(t.Context(), nil, doc))(t)
	patched = must(alert.Patch{Window: eso.Unset[alert.Window]()}.Apply(t.Context(), nil, patched))(t)
	a := must(alert.Open(t.Context(), keyring(t), patched))(t)
	equal(t, a.Enabled, false)
	equal(t, a.SnoozedUntil.V, day)
	equal(t, *a.Note, "a note")
	equal(t, a.Window, nil)
	equal(t, a.Name, "disk")

	_, err := alert.Patch{Retries: new(int64(11))}.Apply(t.Context(), nil, doc)
	wantError(t, err, eso.ErrInvalid, "retries")
}

// at returns the definition of a release that writes another model.
func at(model int) *eso.Definition {
	d := *alert.Objects.Definition()
	d.Write = model
	return &d
}

func TestMigration(t *testing.T) {
	ref := alert.Ref("space", "")
	doc := must(at(1).SealJSON(t.Context(), keyring(t), ref, []byte(`{"name":"disk","every":"90s","apiKey":null,"owner":"me","legacy":true}`)))(t)
	a := must(alert.Open(t.Context(), keyring(t), doc))(t)
	equal(t, a.Schedule.Interval, 90*time.Second)
	equal(t, a.Scope, "scope of disk")
	equal(t, a.Severity, alert.SeverityLow)
	equal(t, a.APIKey.Valid, false)

	migrated := must(alert.Migrate1To2(t.Context(), keyring(t), doc))(t)
	equal(t, migrated.Model, 2)
	if strings.Contains(string(migrated.Attributes), "legacy") {
		t.Error("the removed attribute is still there")
	}
	// The release before reads and changes it under the old name.
	d := alert.Objects.Definition()
	rename := d.Models[1].Renamed[0]
	equal(t, must(rename.Down(eso.JSON(`{"interval":"90s"}`)))(t), `"1m30s"`)
}

func TestAnnouncedModel(t *testing.T) {
	ref := alert.Ref("", "")
	text := `{"name":"disk","schedule":{"interval":"1m"},"apiKey":"k","owner":"me","severity":"critical","retries":3,"enabled":true,"tags":["a"],
		"dueAt":"2026-01-02T03:04:05Z","scope":"s","runs":4}`
	doc := must(at(3).SealJSON(t.Context(), keyring(t), ref, []byte(text)))(t)
	updated := must(alert.Update(t.Context(), keyring(t), doc, func(a *alert.Alert) error {
		equal(t, a.Severity, alert.SeverityCritical)
		equal(t, a.SnoozedUntil.V, day)
		a.Tags = &[]string{"b"} // which model 3 binds
		a.SnoozedUntil.V = day.Add(time.Second)
		return nil
	}))(t)
	equal(t, updated.Model, 3)
	for _, want := range []string{`"runs":4`, `"dueAt":"2026-01-02T03:04:06`, `"severity":"critical"`} {
		if !strings.Contains(string(updated.Attributes), want) {
			t.Errorf("%s is not in %s", want, updated.Attributes)
		}
	}
	_, err := alert.Update(t.Context(), keyring(t), doc, func(a *alert.Alert) error {
		a.Labels = &map[string]eso.Null[string]{} // which model 3 drops
		return nil
	})
	wantError(t, err, eso.ErrFrozen, "labels")
}
