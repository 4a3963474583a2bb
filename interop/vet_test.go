package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The specs are ordinary CUE: the cue command and editors check them by the
// schema in ../eso, without esogen. The cue command is a tool of this module.

func TestVetAcceptsTheSpecs(t *testing.T) {
	if _, err := os.Stat("../specs"); os.IsNotExist(err) {
		t.Skip("the repository has no specs")
	}
	output, err := vet(t, "..")
	assert.NoError(t, err, output)
}

func TestVetReadsTheSchema(t *testing.T) {
	spec := func(text string) string {
		root := t.TempDir()
		require.NoError(t, os.CopyFS(filepath.Join(root, "cue.mod"), os.DirFS("../cue.mod")))
		require.NoError(t, os.CopyFS(filepath.Join(root, "eso"), os.DirFS("../eso")))
		require.NoError(t, os.Mkdir(filepath.Join(root, "specs"), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, "specs", "token.cue"), []byte(text), 0o644))
		return root
	}
	const good = `package specs

import "github.com/esogen/esogen/eso"

token: eso.#Type & {
	namespaces: "single"
	format:     "kibana"
	models: "1": {
		attributes: {
			value:   string
			expires: eso.#Timestamp
		}
		encrypted: ["value"]
		aad: ["expires"]
	}
}
`
	output, err := vet(t, spec(good))
	assert.NoError(t, err, output)
	for name, bad := range map[string][2]string{
		"an unknown key":            {`format: `, `fromat: `},
		"an unknown namespace kind": {`"single"`, `"singular"`},
		"a set that is no list":     {`["value"]`, `"value"`},
	} {
		t.Run(name, func(t *testing.T) {
			output, err := vet(t, spec(strings.Replace(good, bad[0], bad[1], 1)))
			assert.Error(t, err)
			assert.Contains(t, output, "token.cue")
		})
	}
}

// vet runs cue vet on the specs of a project.
func vet(t *testing.T, root string) (output string, err error) {
	t.Helper()
	path, err := exec.CommandContext(t.Context(), "go", "tool", "-n", "cue").Output()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), strings.TrimSpace(string(path)), "vet", "-c=false", "./specs")
	cmd.Dir = root
	combined, err := cmd.CombinedOutput()
	return string(combined), err
}
