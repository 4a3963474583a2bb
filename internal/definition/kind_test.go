package definition_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
)

// declared is a value of a kind, as its row writes it in specs.
func declared(kind definition.Kind) definition.Value {
	v := definition.Value{Kind: kind}
	switch kind {
	case definition.List, definition.Map:
		v.Elem = &definition.Value{Kind: definition.String}
	case definition.Struct:
		v.Fields = []definition.Attribute{{Name: "part", Value: definition.Value{Kind: definition.String}}}
	}
	return v
}

// A row without an entry would be a kind of which something is not said, and
// code that looks it up would do nothing, or the wrong thing, in silence.
func TestEachKindHasAWholeRow(t *testing.T) {
	for _, kind := range definition.Kinds() {
		t.Run(string(kind.Kind), func(t *testing.T) {
			assert.Equal(t, kind.Kind, kind.Kind.Info().Kind)
			for column, entry := range map[string]any{
				"JSON": kind.JSON, "Spec": kind.Spec, "Search": kind.Search, "Noun": kind.Noun, "Beside": kind.Beside, "Valid": kind.Valid,
			} {
				assert.NotEmpty(t, entry, column)
			}
			if kind.JSON != definition.JSONAny {
				assert.NotEmpty(t, kind.Invalid)
			}
			for column, has := range map[string]bool{
				"Go": kind.Go != "", "Reader": kind.Reader != "", "Writer": kind.Writer != "", "Sample": kind.Sample != nil,
			} {
				assert.Equal(t, !kind.Composite(), has, column)
			}
			assert.Equal(t, kind.Integer, kind.Largest > 0, "an integer has a largest one")
			if kind.Form != nil {
				assert.Equal(t, definition.JSONString, kind.JSON)
				assert.Contains(t, kind.Wider, definition.String)
				for column, has := range map[string]bool{
					"Match": kind.Form.Match != nil, "Words": kind.Form.Words != "", "Check": kind.Form.Check != "", "Want": kind.Form.Want != "",
				} {
					assert.True(t, has, column)
				}
			}
			for _, wider := range kind.Wider {
				assert.Equal(t, kind.JSON, wider.Info().JSON, "a wider kind has the same JSON kind")
				assert.NotContains(t, wider.Info().Wider, kind.Kind)
				assert.True(t, kind.Kind.In(wider))
			}
		})
	}
}

func TestSamplesOfKindsConform(t *testing.T) {
	for _, kind := range definition.Kinds() {
		t.Run(string(kind.Kind), func(t *testing.T) {
			v := declared(kind.Kind)
			for _, text := range kind.Valid {
				require.True(t, json.Valid([]byte(text)), text)
				require.NoError(t, definition.Conform(v, text), text)
				for _, wider := range kind.Wider {
					if !wider.Info().Composite() {
						require.NoError(t, definition.Conform(declared(wider), text), "%s as a %s", text, wider)
					}
				}
			}
			for _, text := range kind.Invalid {
				require.True(t, json.Valid([]byte(text)), text)
				require.Error(t, definition.Conform(v, text), text)
			}
			if kind.JSON != definition.JSONAny {
				require.Error(t, definition.Conform(v, "null"))
			}
			for n := range 10 {
				if kind.Sample != nil {
					require.NoError(t, definition.Conform(v, kind.Sample(n)), kind.Sample(n))
					assert.Equal(t, n == 0 || kind.Kind == definition.Bool && n%2 == 0, kind.Sample(0) == kind.Sample(n), "samples differ")
				}
				if kind.Golden != nil {
					for _, text := range kind.Golden([32]byte{byte(n)}, n%2 == 0) {
						require.NoError(t, definition.Conform(v, text), text)
					}
				}
			}
		})
	}
}

// Reading a kind that a later version of esogen made fails. No value conforms to
// it, should one get so far.
func TestUnknownKindIsRefused(t *testing.T) {
	var v struct{ Kind definition.Kind }
	err := json.Unmarshal([]byte(`{"Kind":"colour"}`), &v)
	require.EqualError(t, err, `this version of esogen does not know the type "colour"`)
	require.Error(t, json.Unmarshal([]byte(`{"Kind":""}`), &v))
	require.NoError(t, json.Unmarshal([]byte(`{"Kind":"uuid"}`), &v))
	for _, text := range []string{`"x"`, `1`, `true`, `[]`, `{}`, `null`} {
		require.Error(t, definition.Conform(definition.Value{Kind: "colour"}, text))
	}
}

// The forms that other kinds of the same JSON kind have are alike for readers or
// not; what they say of each other fits together.
func TestKindsReadEachOther(t *testing.T) {
	reads := map[definition.Kind][]definition.Kind{
		definition.String:    {definition.String, definition.UUID},
		definition.UUID:      {definition.String, definition.UUID},
		definition.Timestamp: {definition.String, definition.UUID, definition.Timestamp},
		definition.Duration:  {definition.String, definition.UUID, definition.Duration},
		definition.Bytes:     {definition.String, definition.UUID, definition.Bytes},
		definition.Decimal:   {definition.String, definition.UUID, definition.Decimal},
		definition.Int:       {definition.Int, definition.Int64, definition.Number},
		definition.Int64:     {definition.Int, definition.Int64, definition.Number},
		definition.Number:    {definition.Number},
		definition.Bool:      {definition.Bool},
		definition.JSON:      {definition.JSON},
		definition.List:      {definition.List},
		definition.Map:       {definition.Map},
		definition.Struct:    {definition.Map, definition.Struct},
	}
	for _, old := range definition.Kinds() {
		var readers []definition.Kind
		for _, now := range definition.Kinds() {
			if old.JSON == now.JSON && old.Kind.In(now.Kind.ReadAs()) {
				readers = append(readers, now.Kind)
			}
		}
		want, ok := reads[old.Kind]
		require.True(t, ok, "say here which kinds read what was written as %s", old.Kind)
		assert.ElementsMatch(t, want, readers, fmt.Sprint(old.Kind))
	}
}
