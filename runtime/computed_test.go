package eso

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/codec"
	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// addressed is a type whose models compute one from the other. Inputs are read
// back through a rename, a conversion and its inverse.
//
//	1: url, port (optional), zone, token
//	2: host is computed from url and port
//	3: url becomes address, turned round; port is backfilled; label is computed from host and zone
//	4: host becomes server, in upper case; zone is dropped
func addressed(format Format, write, newest int, roles map[string]string) *Definition {
	d := &Definition{Type: "address", Write: write, Models: []Model{
		{Attributes: []Attribute{{Name: "url"}, {Name: "port", Optional: true}, {Name: "zone"}, {Name: "token"}}},
		{
			Attributes: []Attribute{{Name: "url"}, {Name: "port", Optional: true}, {Name: "zone"}, {Name: "token"}, {Name: "host"}},
			Computed:   []Compute{{Name: "host", Inputs: []string{"url", "port"}, From: joining("host")}},
		},
		{
			Attributes: []Attribute{{Name: "address"}, {Name: "port"}, {Name: "zone"}, {Name: "token"}, {Name: "host"}, {Name: "label"}},
			Renamed:    []Rename{{New: "address", Old: "url", Up: turned, Down: turned}},
			Backfill:   []Backfill{{Name: "port", Value: `"80"`}},
			Computed:   []Compute{{Name: "label", Inputs: []string{"host", "zone"}, From: joining("label")}},
		},
		{
			Attributes: []Attribute{{Name: "address"}, {Name: "port"}, {Name: "token"}, {Name: "server"}, {Name: "label"}},
			Removed:    []string{"zone"},
			Renamed:    []Rename{{New: "server", Old: "host", Up: cased(strings.ToUpper), Down: cased(strings.ToLower)}},
		},
	}[:newest]}
	for i := range d.Models {
		m := &d.Models[i]
		m.Format, m.Namespaces, m.Encrypted, m.AAD = format, Agnostic, []string{"token"}, []string{}
		for _, a := range m.Attributes {
			switch roles[canonical(a.Name)] {
			case "bound":
				m.AAD = append(m.AAD, a.Name)
			case "encrypted":
				m.Encrypted = append(m.Encrypted, a.Name)
			}
		}
	}
	return d
}

// joining is a function of any inputs, which are strings in lower case.
func joining(name string) func([]JSON) (JSON, error) {
	return func(inputs []JSON) (JSON, error) {
		parts := []string{name}
		for _, input := range inputs {
			text := "none"
			if input != "" {
				if err := json.Unmarshal([]byte(input), &text); err != nil {
					return "", err
				}
			}
			parts = append(parts, text)
		}
		return quotedJSON(strings.Join(parts, " ")), nil
	}
}

func quotedJSON(text string) JSON {
	data, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return JSON(data)
}

func cased(change func(string) string) Convert {
	return func(v JSON) (JSON, error) {
		var text string
		if err := json.Unmarshal([]byte(v), &text); err != nil {
			return "", err
		}
		return quotedJSON(change(text)), nil
	}
}

func turned(v JSON) (JSON, error) {
	return cased(func(text string) string {
		runes := []rune(text)
		slices.Reverse(runes)
		return string(runes)
	})(v)
}

// attributesOf opens a document at its own model.
func attributesOf(t require.TestingT, d *Definition, keys Keyring, doc Document) map[string]string {
	opened, err := d.OpenJSON(context.Background(), keys, doc)
	require.NoError(t, err)
	ms, err := codec.ParseMembers(string(opened))
	require.NoError(t, err)
	values := map[string]string{}
	for _, m := range ms {
		values[m.Name] = m.Raw
	}
	return values
}

// TestComputedByCreation: creation computes what it is not given, in the order
// of the models.
func TestComputedByCreation(t *testing.T) {
	for _, format := range []Format{Kibana, Native} {
		keys, d := testKeys(t), addressed(format, 3, 4, nil)
		doc, err := d.SealJSON(t.Context(), keys, Ref{}, []byte(`{"address":"lru","port":"1","zone":"z","token":"t"}`))
		require.NoError(t, err)
		got := attributesOf(t, d, keys, doc)
		assert.Equal(t, `"host url 1"`, got["host"])
		assert.Equal(t, `"label host url 1 z"`, got["label"])

		doc, err = d.SealJSON(t.Context(), keys, Ref{}, []byte(`{"address":"lru","port":"1","zone":"z","token":"t","host":"mine"}`))
		require.NoError(t, err)
		got = attributesOf(t, d, keys, doc)
		assert.Equal(t, `"mine"`, got["host"])
		assert.Equal(t, `"label mine z"`, got["label"])

		// An input that is dropped leaves nothing to compute from.
		_, err = addressed(format, 4, 4, nil).SealJSON(t.Context(), keys, Ref{}, []byte(`{"address":"lru","port":"1","token":"t"}`))
		assert.ErrorIs(t, err, ErrRequired)
		assert.ErrorContains(t, err, `"label"`)
		doc, err = addressed(format, 4, 4, nil).SealJSON(t.Context(), keys, Ref{}, []byte(`{"address":"lru","port":"1","token":"t","label":"l"}`))
		require.NoError(t, err)
		assert.Equal(t, `"HOST URL 1"`, attributesOf(t, addressed(format, 4, 4, nil), keys, doc)["server"])
	}
}

// TestComputedFollowsItsInputs: every release that knows the model keeps the
// attribute in step, in documents of that model and above.
func TestComputedFollowsItsInputs(t *testing.T) {
	for _, format := range []Format{Kibana, Native} {
		keys := testKeys(t)
		newest := addressed(format, 4, 4, nil)
		at := func(write int) *Definition { return addressed(format, write, 4, nil) }
		create := func(write int, attributes string) Document {
			doc, err := addressed(format, write, write, nil).SealJSON(t.Context(), keys, Ref{}, []byte(attributes))
			require.NoError(t, err)
			return doc
		}
		update := func(d *Definition, doc Document, pairs ...string) map[string]string {
			updated, err := d.update(t.Context(), keys, doc, setting(pairs...))
			require.NoError(t, err)
			return attributesOf(t, newest, keys, updated)
		}
		three := create(3, `{"address":"lru","port":"1","zone":"z","token":"t"}`)

		for write := 1; write <= 2; write++ { // both announce model 3
			got := update(at(write), three, "url", `"other"`)
			assert.Equal(t, `"rehto"`, got["address"], write)
			assert.Equal(t, `"host other 1"`, got["host"], write)
			assert.Equal(t, `"label host other 1 z"`, got["label"], "the chain goes on")
		}
		got := update(at(2), three, "url", `"other"`, "host", `"mine"`)
		assert.Equal(t, `"mine"`, got["host"], "what the write sets stays")
		assert.Equal(t, `"label mine z"`, got["label"])

		set := create(3, `{"address":"lru","port":"1","zone":"z","token":"t","host":"mine"}`)
		got = update(at(3), set, "address", `"rehto"`)
		assert.Equal(t, `"mine"`, got["host"], "what somebody set stays")
		assert.Equal(t, `"label mine z"`, got["label"])

		same := create(3, `{"address":"lru","port":"1","zone":"z","token":"t","host":"host url \u0031"}`)
		got = update(at(3), same, "address", `"rehto"`)
		assert.Equal(t, `"host other 1"`, got["host"], "what equals its function counts as computed, however it is spelled")

		// A document below gets the attribute by the write.
		one := create(1, `{"url":"url","zone":"z","token":"t"}`)
		got = update(at(3), one, "address", `"rehto"`)
		assert.Equal(t, `"host other 80"`, got["host"], "from what the step filled in")
		assert.Equal(t, `"label host other 80 z"`, got["label"])

		// A step fills in what an attribute of an older model is computed from.
		two := create(2, `{"url":"url","zone":"z","token":"t"}`)
		assert.Equal(t, `"host url none"`, attributesOf(t, newest, keys, two)["host"])
		got = update(at(3), two)
		assert.Equal(t, `"host url 80"`, got["host"])
		two = create(2, `{"url":"url","zone":"z","token":"t","host":"mine"}`)
		assert.Equal(t, `"mine"`, update(at(3), two)["host"])

		// A model that drops an input leaves the attribute as it is.
		four := create(4, `{"address":"lru","port":"1","token":"t","label":"l"}`)
		got = update(at(4), four, "address", `"rehto"`)
		assert.Equal(t, `"HOST OTHER 1"`, got["server"])
		assert.Equal(t, `"l"`, got["label"])
		got = update(at(1), four, "url", `"other"`)
		assert.Equal(t, `"HOST OTHER 1"`, got["server"])

		// A release that does not know the model leaves it.
		got = update(addressed(format, 1, 1, nil), create(2, `{"url":"url","zone":"z","token":"t"}`), "url", `"other"`)
		assert.Equal(t, `"host url none"`, got["host"])
	}
}

// TestPatchKeepsComputedInStep: a patch recomputes what is plain without a key,
// and becomes an update where the document's model or its seal guards the
// attribute, what is computed from it, or another input of that.
func TestPatchKeepsComputedInStep(t *testing.T) {
	for _, format := range []Format{Kibana, Native} {
		for role, updates := range map[string]bool{"url": true, "host": true, "port": true, "zone": true, "label": true, "": false} {
			for _, kind := range []string{"bound", "encrypted"} {
				keys, d := testKeys(t), addressed(format, 3, 3, map[string]string{role: kind})
				doc, err := d.SealJSON(t.Context(), keys, Ref{}, []byte(`{"address":"lru","port":"1","zone":"z","token":"t"}`))
				require.NoError(t, err)
				name := fmt.Sprintf("%s, %s is %s", format, role, kind)
				patched, err := d.patch(t.Context(), nil, doc, patching("address", `"rehto"`))
				if updates {
					assert.ErrorIs(t, err, ErrNoKey, name)
					patched, err = d.patch(t.Context(), keys, doc, patching("address", `"rehto"`))
				}
				require.NoError(t, err, name)
				got := attributesOf(t, d, keys, patched)
				assert.Equal(t, `"host other 1"`, got["host"], name)
				assert.Equal(t, `"label host other 1 z"`, got["label"], name)

				patched, err = d.patch(t.Context(), keys, doc, patching("address", `"rehto"`, "host", `"host url 1"`))
				require.NoError(t, err, name)
				assert.Equal(t, `"host url 1"`, attributesOf(t, d, keys, patched)["host"], "set by the patch, to what it was")
			}
		}
	}
}

// TestPatchKeepsTheModel: below the write model, too, unless a step changes what
// the secrets hang on.
func TestPatchKeepsTheModel(t *testing.T) {
	for _, format := range []Format{Kibana, Native} {
		keys, old := testKeys(t), addressed(format, 1, 1, nil)
		doc, err := old.SealJSON(t.Context(), keys, Ref{}, []byte(`{"url":"url","zone":"z","token":"t","port":"1"}`))
		require.NoError(t, err)
		d := addressed(format, 3, 3, nil)

		patched, err := d.patch(t.Context(), nil, doc, patching("address", `"rehto"`))
		require.NoError(t, err)
		assert.Equal(t, 1, patched.Model)
		assert.Equal(t, `"other"`, attributesOf(t, d, keys, patched)["url"], "by the way back of the conversion")

		patched, err = d.patch(t.Context(), keys, doc, patching("label", `"new"`))
		require.NoError(t, err, "its own model does not have it")
		assert.Equal(t, 3, patched.Model)
		got := attributesOf(t, d, keys, patched)
		assert.Equal(t, `"new"`, got["label"])
		assert.Equal(t, `"host url 1"`, got["host"])
		_, err = d.patch(t.Context(), nil, doc, patching("label", `"new"`))
		if format == Kibana {
			assert.NoError(t, err, "nothing that the ciphertext hangs on changes")
		} else {
			assert.ErrorIs(t, err, ErrNoKey, "a seal holds the number of the model")
		}

		for _, role := range []string{"host", "url"} { // sets change, or a bound name does
			d = addressed(format, 3, 3, map[string]string{role: "bound"})
			doc, err := addressed(format, 1, 1, map[string]string{role: "bound"}).SealJSON(t.Context(), keys, Ref{}, []byte(`{"url":"url","zone":"z","token":"t","port":"1"}`))
			require.NoError(t, err)
			patched, err := d.patch(t.Context(), keys, doc, patching("zone", `"y"`))
			require.NoError(t, err)
			assert.Equal(t, 3, patched.Model, role)
		}
		// The backfill of a bound attribute changes what is bound, where it is lacking.
		bound := map[string]string{"port": "bound"}
		for lacking, want := range map[string]int{`{"url":"url","zone":"z","token":"t"}`: 3, `{"url":"url","zone":"z","token":"t","port":"1"}`: 1} {
			doc, err := addressed(format, 1, 1, bound).SealJSON(t.Context(), keys, Ref{}, []byte(lacking))
			require.NoError(t, err)
			patched, err := addressed(format, 3, 3, bound).patch(t.Context(), keys, doc, patching("zone", `"y"`))
			require.NoError(t, err)
			assert.Equal(t, want, patched.Model, lacking)
		}
	}
}

// TestPatchMakesNoSecretInTheClear: a step that gives a document a secret needs
// a key.
func TestPatchMakesNoSecretInTheClear(t *testing.T) {
	d := addressed(Kibana, 3, 3, map[string]string{"port": "encrypted"})
	doc, err := addressed(Kibana, 1, 1, map[string]string{"port": "encrypted"}).SealJSON(t.Context(), testKeys(t), Ref{}, []byte(`{"url":"url","zone":"z","token":"t"}`))
	require.NoError(t, err)
	_, err = d.patch(t.Context(), nil, doc, patching("label", `"x"`))
	assert.ErrorIs(t, err, ErrNoKey)
	patched, err := d.patch(t.Context(), testKeys(t), doc, patching("label", `"x"`))
	require.NoError(t, err)
	assert.NotContains(t, string(patched.Attributes), `"80"`)
}

// TestReadComputesWithoutKeys: a normal read decrypts for a computed value only
// where it is made from a secret, and shows none that it cannot make.
func TestReadComputesWithoutKeys(t *testing.T) {
	for _, role := range []string{"", "encrypted"} {
		roles := map[string]string{"url": role, "host": role, "label": role}
		keys := testKeys(t)
		doc, err := addressed(Kibana, 1, 2, roles).SealJSON(t.Context(), keys, Ref{}, []byte(`{"url":"url","zone":"z","token":"t"}`))
		require.NoError(t, err)
		others := newCheapKeyring("primary")
		v, problem, err := addressed(Kibana, 2, 2, roles).readView(t.Context(), others, doc, normal)
		if role == "" {
			require.NoError(t, err)
			assert.NoError(t, problem)
			assert.Equal(t, `"host url none"`, v.members[v.members.Find("host")].Raw)
			continue
		}
		assert.Error(t, errors.Join(problem, err))
		assert.True(t, v == nil || v.members.Find("host") < 0)
	}

	// One whose secrets do not open shows what is computed from plain attributes.
	doc, err := addressed(Kibana, 1, 2, nil).SealJSON(t.Context(), testKeys(t), Ref{}, []byte(`{"url":"url","zone":"z","token":"t"}`))
	require.NoError(t, err)
	doc.Ref.ID = otherID
	d := addressed(Kibana, 2, 2, nil)
	d.Exposes = []string{"token"}
	v, problem, err := d.readView(t.Context(), testKeys(t), doc, normal)
	require.NoError(t, err)
	assert.ErrorIs(t, problem, ErrTampered)
	assert.Equal(t, `"host url none"`, v.members[v.members.Find("host")].Raw)
}

// TestFunctionsThatAreNotAtHand: the command line has none. It fails where one
// is needed, and leaves out what it could not compute.
func TestFunctionsThatAreNotAtHand(t *testing.T) {
	keys, d := testKeys(t), addressed(Native, 2, 2, nil)
	old, err := addressed(Native, 1, 2, nil).SealJSON(t.Context(), keys, Ref{}, []byte(`{"url":"url","zone":"z","token":"t"}`))
	require.NoError(t, err)
	d.Models[1].Computed[0].From = nil
	_, err = d.Migrate(t.Context(), keys, old)
	assert.ErrorContains(t, err, `only the product has the function that gives "host" in model 2`)
	_, err = d.SealJSON(t.Context(), keys, Ref{}, []byte(`{"url":"url","zone":"z","token":"t"}`))
	assert.ErrorIs(t, err, ErrRequired)
	doc, err := d.SealJSON(t.Context(), keys, Ref{}, []byte(`{"url":"url","zone":"z","token":"t","host":"h"}`))
	require.NoError(t, err)
	_, err = d.update(t.Context(), keys, doc, setting("zone", `"y"`))
	assert.NoError(t, err, "no input changes")
}

// TestComputedErrors: what cannot be computed fails with the attribute's name,
// and old inputs that no function takes leave it as it is.
func TestComputedErrors(t *testing.T) {
	keys, d := testKeys(t), addressed(Native, 2, 2, nil)
	doc, err := d.SealJSON(t.Context(), keys, Ref{}, []byte(`{"url":5,"zone":"z","token":"t","host":"h"}`))
	require.NoError(t, err)
	updated, err := d.update(t.Context(), keys, doc, setting("url", `"url"`))
	require.NoError(t, err)
	assert.Equal(t, `"h"`, attributesOf(t, d, keys, updated)["host"])

	good, err := d.SealJSON(t.Context(), keys, Ref{}, []byte(`{"url":"url","zone":"z","token":"t"}`))
	require.NoError(t, err)
	_, err = d.update(t.Context(), keys, good, setting("url", `5`))
	var at *fault.Error
	require.True(t, errors.As(err, &at))
	assert.Equal(t, "host", at.Attribute)
	assert.ErrorContains(t, err, "computed value: ")
}

// A required input that is absent, as migrations of other programs leave it,
// leaves what is computed from it absent, until it comes.
func TestComputedFromWhatWasMissing(t *testing.T) {
	d := addressed(Kibana, 2, 2, nil)
	lacking := &view{members: members{{Name: "zone", Raw: `"z"`}}}
	require.NoError(t, lacking.up(d, 2))
	assert.Negative(t, lacking.members.Find("host"))

	after := append(slices.Clone(lacking.members), member{Name: "url", Raw: `"url"`})
	require.NoError(t, d.keepInStep(2, 2, lacking.members, &after, map[string]bool{"url": true}))
	assert.Equal(t, `"host url none"`, after[after.Find("host")].Raw)
}

func TestSameValue(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{`"a"`, `"\u0061"`, true}, {`1.0`, `1`, true}, {`9007199254740993`, `9007199254740992`, false}, {`{"a":1,"b":2}`, `{ "b":2,"a":1e0 }`, true},
		{`"\ud800"`, `"\uD800"`, true}, {`"\ud800"`, `"\ud801"`, false}, {`["\ud800",9007199254740993]`, `["\uD800",9007199254740992]`, false},
		{`1e9999999999`, `1E9999999999`, true}, {`null`, `"null"`, false}, {`[]`, `{}`, false}, {`{"a":1}`, `{"a":1,"b":null}`, false},
	} {
		assert.Equal(t, c.same, jsontext.SameValue(c.a, c.b), "%s %s", c.a, c.b)
	}
}

// What a function says is wrong with a secret is told without the names within it.
func TestErrorsOfFunctionsTellNoPlace(t *testing.T) {
	keys := newCheapKeyring("primary")
	wrong := func(JSON) (JSON, error) {
		return "", fault.At("value", []fault.Step{{Name: "hunter2", Named: true}}, "wrong", ErrInvalid)
	}
	same := func(v JSON) (JSON, error) { return v, nil }
	for _, format := range []Format{Native, Kibana} {
		for write := 1; write <= 2; write++ {
			d := &Definition{Type: "thing", Write: write, Models: []Model{
				{Format: format, Namespaces: Agnostic, Attributes: []Attribute{{Name: "a"}}, Encrypted: []string{"a"}},
				{Format: format, Namespaces: Agnostic, Attributes: []Attribute{{Name: "b"}, {Name: "made", Optional: true}}, Encrypted: []string{"b"},
					Renamed:  []Rename{{New: "b", Old: "a", Up: same, Down: same}},
					Computed: []Compute{{Name: "made", Inputs: []string{"a"}, From: func([]JSON) (JSON, error) { return "1", nil }}}},
			}}
			name := []string{"a", "b"}[write-1]
			doc, err := d.SealJSON(t.Context(), keys, Ref{ID: "x"}, []byte(`{"`+name+`":"v"}`))
			require.NoError(t, err)
			d.Write = 3 - write // the other release
			other := []string{"b", "a"}[write-1]
			for what, breaks := range map[string]func(m *Model, calls *int){
				"up":   func(m *Model, _ *int) { m.Renamed[0].Up = wrong },
				"down": func(m *Model, _ *int) { m.Renamed[0].Down = wrong },
				"up, of what is set": func(m *Model, calls *int) {
					m.Renamed[0].Up = func(v JSON) (JSON, error) {
						if v == `"set"` {
							return wrong(v)
						}
						return v, nil
					}
				},
				"computed": func(m *Model, calls *int) {
					m.Computed[0].From = func(in []JSON) (JSON, error) {
						if *calls++; in[0] == `"set"` || write == 1 {
							return wrong(in[0])
						}
						return "1", nil
					}
				},
			} {
				broken := *d
				broken.Models = slices.Clone(d.Models)
				m := &broken.Models[1]
				m.Renamed, m.Computed = slices.Clone(m.Renamed), slices.Clone(m.Computed)
				breaks(m, new(int))
				_, err := broken.update(t.Context(), keys, doc, setting(other, `"set"`))
				if err != nil {
					assert.NotContains(t, err.Error(), "hunter2", "%s %d %s", format, write, what)
					assert.ErrorIs(t, err, ErrInvalid)
				}
				if what == "computed" || what == "up, of what is set" && write == 2 {
					assert.Error(t, err, "%s %d %s", format, write, what)
				}
			}
		}
	}
}
