package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/transfer"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// token is a type of Kibana's.
var token = &eso.Definition{Type: "token", Write: 1, Models: []eso.Model{{
	Format: eso.Kibana, Namespaces: eso.Single,
	Attributes: []eso.Attribute{{Name: "owner"}, {Name: "secret", Optional: true}}, Encrypted: []string{"secret"}, AAD: []string{"owner"},
}}}

func known(name string) *eso.Definition {
	if name != token.Type {
		return nil
	}
	return token
}

// tokenLines are lines of objects, all but the first of which have no secret.
func tokenLines(t *testing.T, n int) []string {
	doc, err := token.SealJSON(t.Context(), keys(t, oldKey), eso.Ref{Type: "token", ID: "0"}, []byte(`{"owner":"o","secret":"hush"}`))
	require.NoError(t, err)
	lines := []string{`{"_id":"token:0","_source":{"type":"token","token":` + string(doc.Attributes) + `}}`}
	for i := 1; i < n; i++ {
		lines = append(lines, fmt.Sprintf(`{"type":"token","id":"%d","attributes":{"owner":"o"}}`, i))
	}
	return lines
}

func importKibana(t *testing.T, s *store.Store, in io.Reader, pass bool) (transfer.ImportReport, error) {
	t.Helper()
	k, err := transfer.NewKibana(t.Context(), in, keys(t, oldKey), known)
	require.NoError(t, err)
	return transfer.Import(t.Context(), s, []*eso.Definition{token}, keys(t, oldKey), k, transfer.ImportOptions{PassOver: pass})
}

// An input may end anywhere, and come again: what was stored stays, and the rest follows.
func TestKibanaAgain(t *testing.T) {
	s, _ := newStore(t, keys(t, newKey))
	lines := tokenLines(t, 350)
	whole := strings.Join(lines, "\n")
	broken := errors.New("broken pipe")

	report, err := importKibana(t, s, io.MultiReader(strings.NewReader(strings.Join(lines[:250], "\n")), failing{broken}), false)
	assert.ErrorIs(t, err, broken)
	assert.False(t, report.Complete)
	total := report.Total()
	assert.EqualValues(t, 200, total.Created)

	report, err = importKibana(t, s, strings.NewReader(whole), false)
	require.NoError(t, err)
	assert.True(t, report.Complete)
	total = report.Total()
	assert.Equal(t, []int64{150, 200, 0}, []int64{total.Created, total.Before, total.Failed})

	report, err = importKibana(t, s, strings.NewReader(whole+"\n"), false)
	require.NoError(t, err)
	total = report.Total()
	assert.EqualValues(t, 350, total.Before)

	// Other lines are another input, whose objects meet those that are there.
	report, err = importKibana(t, s, strings.NewReader(strings.Join(lines[5:], "\n")), false)
	require.NoError(t, err)
	total = report.Total()
	assert.EqualValues(t, 345, total.Failed)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Lines that hold no object to store are counted, whatever they are.
func TestKibanaLines(t *testing.T) {
	s, _ := newStore(t, keys(t, newKey))
	lines := append(tokenLines(t, 1),
		"", "  ", `{"exportedCount":1,"missingRefCount":0,"missingReferences":[]}`,
		strings.Repeat("x", eso.MaxSize+2<<20), `{"type":"token","id":"`+strings.Repeat("9", 5000)+`","attributes":{"owner":"o"}}`)
	for i := range 2000 {
		lines = append(lines, fmt.Sprintf(`{"type":"type %d"}`, i))
	}
	in := "\ufeff" + strings.Join(lines, "\r\n")
	report, err := importKibana(t, s, strings.NewReader(in), true)
	require.NoError(t, err)
	total := report.Total()
	assert.Equal(t, []int64{1, 2, 2000}, []int64{total.Created, total.Failed, total.Passed})
	assert.Less(t, len(report.Types), 1010)
	require.Len(t, report.Failures, 2)
	assert.Equal(t, transfer.Failure{Type: "(no type)", ID: "line 5", Reason: "too-large"}, report.Failures[0])
	assert.Equal(t, "id", report.Failures[1].Reason)

	report, err = importKibana(t, s, strings.NewReader(in), false)
	require.NoError(t, err)
	total = report.Total()
	assert.Equal(t, []int64{1, 2002, 0}, []int64{total.Before, total.Failed, total.Passed})

	ended, end := context.WithCancel(t.Context())
	end()
	k, err := transfer.NewKibana(t.Context(), strings.NewReader(in), keys(t, oldKey), known)
	require.NoError(t, err)
	_, err = k.Next(ended)
	assert.ErrorIs(t, err, context.Canceled)
}
