package rollout

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	eso "github.com/esogen/esogen/runtime"
)

// TestTraceTests writes a Go test for one finding of each kind that the table
// shows, and runs them: each fails, for the reason of its finding.
func TestTraceTests(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it compiles Go")
	}
	dir := t.TempDir()
	repository, err := filepath.Abs("../..")
	require.NoError(t, err)
	put(t, filepath.Join(dir, "go.mod"), fmt.Sprintf("module example.com/traces\n\ngo 1.26.0\n\nrequire github.com/esogen/esogen v0.0.0\n\nreplace github.com/esogen/esogen => %s\n", repository))

	rows := append(table(), row{
		name:   "a nested attribute changes its kind",
		before: with(model("token", "owner", "token", "owner"), nested(definition.String)),
		after:  with(model("token", "owner"), nested(definition.Int)),
	}, row{
		name:   "a computed value beside a conversion that meets a ciphertext",
		before: model("token", "owner", "token", "owner", "note"),
		after: with(with(model("token count", "owner", "count:int"), renamed("count", "note", true)), func(m *definition.Model) {
			m.Declared = append(m.Declared, has("made")...)
			m.Computed = []definition.Compute{{Name: "made", Inputs: []string{"owner"}}}
		}),
	})
	findings := map[string]Finding{}
	nestedBefore := with(model("token", "owner", "token", "owner"), configs(within["a map of lists of structs"], "a", "b"))
	v, err := Judge(t.Context(), oneStep(nestedBefore, with(model("token", "owner"), configs(within["a map of lists of structs"], "a"))))
	require.NoError(t, err)
	findings["tracenested"] = v.Findings[0]
	for _, r := range rows {
		for _, in := range []definition.Format{definition.Kibana, definition.Native} {
			before, after, _ := r.in(in)
			v, err := Judge(t.Context(), oneStep(before, after))
			require.NoError(t, err)
			for _, f := range v.Findings {
				if !f.Playable() { // who finds an object is not about its document
					continue
				}
				pkg := "trace" + string(in) + strings.ReplaceAll(string(f.Kind), "-", "")
				if strings.HasPrefix(r.name, "a ") {
					pkg += "2"
				}
				findings[pkg] = f
			}
		}
	}
	for _, kind := range []string{"tracekibanastranded", "tracekibanaformatdiffers", "tracenativeformatdiffers", "tracenativenotsealed", "tracenativestale"} {
		require.Contains(t, findings, kind)
	}
	for pkg, f := range findings {
		var source bytes.Buffer
		require.NoError(t, WriteTraceTest(&source, pkg, f))
		put(t, filepath.Join(dir, pkg, "rollout_test.go"), source.String())
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-mod=mod", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOPROXY=off")
	out, err := cmd.CombinedOutput()
	require.Error(t, err, "%s", out)
	for pkg, f := range findings {
		assert.Contains(t, string(out), "FAIL\texample.com/traces/"+pkg, "%s", out)
		assert.Contains(t, string(out), f.Lines[len(f.Lines)-1])
	}
	if testing.Verbose() {
		t.Logf("%s", out)
	}
}

func nested(kind definition.Kind) modelWith {
	return func(m *definition.Model) {
		value := definition.Value{Kind: definition.Struct, Fields: []definition.Attribute{{Name: "at", Value: definition.Value{Kind: kind}}}}
		m.Declared = append(m.Declared, definition.Attribute{Name: "config", Value: value})
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
}

// TestTraceTestsOfFaults writes Go tests for lost changes of nested parts, and for a
// header that is not authenticated. The runtime does not have these faults: the
// tests pass.
func TestTraceTestsOfFaults(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it compiles Go")
	}
	dir := t.TempDir()
	repository, err := filepath.Abs("../..")
	require.NoError(t, err)
	put(t, filepath.Join(dir, "go.mod"), fmt.Sprintf("module example.com/traces\n\ngo 1.26.0\n\nrequire github.com/esogen/esogen v0.0.0\n\nreplace github.com/esogen/esogen => %s\n", repository))
	edits := map[string]bool{}
	written := 0
	for _, role := range roles {
		for _, on := range []*op{opUpdate, opPatch} {
			sets := model("token", "owner", "token", "owner")
			take(&sets, "config", role)
			after := sets
			after.Declared = nil
			c := oneStep(with(sets, configs(within["a list of structs"], "a", "b?")), with(after, configs(within["a list of structs"], "a", "b?", "c?")))
			wrap := func(o operations) operations { return &partless{operations: o, on: on} }
			v, err := judge(t.Context(), c, options{together: together, moves: MaxMoves, reduce: true, wrap: wrap})
			require.NoError(t, err)
			for i, f := range v.Findings {
				pkg := fmt.Sprintf("p%s%s%d", role, on.name, i)
				var source bytes.Buffer
				require.NoError(t, WriteTraceTest(&source, pkg, f))
				put(t, filepath.Join(dir, pkg, "rollout_test.go"), source.String())
				last := f.Trace[len(f.Trace)-2]
				assert.Contains(t, last.Attribute, "config[0].")
				edits[last.Op] = true
				written++
			}
		}
	}
	assert.Equal(t, map[string]bool{"update": true, "patch": true}, edits)
	in := inFormat(definition.Native)
	sealed := oneStep(with(model("token", "owner", "token", "owner"), in), with(model("token", "owner", "more?"), in))
	v, err := judge(t.Context(), sealed, options{together: together, moves: MaxMoves, wrap: withoutHeader})
	require.NoError(t, err)
	require.NotEmpty(t, v.Findings)
	for i, f := range v.Findings {
		require.Equal(t, NotBound, f.Kind)
		var source bytes.Buffer
		pkg := fmt.Sprintf("header%d", i)
		require.NoError(t, WriteTraceTest(&source, pkg, f))
		require.Contains(t, source.String(), "trace.SealBinds(")
		put(t, filepath.Join(dir, pkg, "rollout_test.go"), source.String())
		written++
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-mod=mod", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOPROXY=off")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, written, strings.Count(string(out), "ok "), "%s", out)
}

// partless is operations whose changes of parts are lost.
type partless struct {
	operations
	on *op
}

func (o *partless) update(ctx context.Context, keys eso.Keyring, doc eso.Document, c change) (eso.Document, error) {
	if o.on == opUpdate && len(c.path) > 0 {
		return doc, nil
	}
	return o.operations.update(ctx, keys, doc, c)
}

func (o *partless) patch(ctx context.Context, keys eso.Keyring, doc eso.Document, c change) (eso.Document, error) {
	if o.on == opPatch && len(c.path) > 0 {
		return doc, nil
	}
	return o.operations.patch(ctx, keys, doc, c)
}

// TestTraceTestNeedsATrace refuses a finding that was put together by hand.
func TestTraceTestNeedsATrace(t *testing.T) {
	t.Parallel()
	require.Error(t, WriteTraceTest(&bytes.Buffer{}, "p", Finding{}))
}
