// Package nodetest lets tests ask the npm packages that Kibana uses,
// @elastic/node-crypto and safe-stable-stringify. It runs one node process for
// any number of questions, the script interop/serve.mjs.
//
// Where node or the packages are missing, a test is skipped with a word on what
// to install. Where the environment says ESOGEN_INTEROP=required, as CI does, it
// fails instead.
package nodetest

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Request is a question. Its Op says which of the other fields count.
type Request struct {
	Op         string   `json:"op"`         // stable, aad, seal, open, sealObject, openObject, sealOldObject or openOldObject
	Text       string   `json:"text"`       // the JSON text to work on; open: a ciphertext
	Descriptor []string `json:"descriptor"` // aad, objects: what identifies the object
	Bound      string   `json:"bound"`      // aad: JSON text of the bound attributes
	Key        string   `json:"key"`        // seal, open, objects: the passphrase
	AAD        string   `json:"aad"`        // seal, open
	Encrypted  []string `json:"encrypted"`  // objects: the names of the secrets
	Bind       []string `json:"bind"`       // objects: the names of the bound attributes
	Exclude    []string `json:"exclude"`    // old objects: the names of the attributes that are not bound
}

// Answer is the result of a request: a text, or what went wrong.
type Answer struct {
	Text  string `json:"text"`
	Error string `json:"error"`
}

// Process is a running node. It is for one goroutine.
type Process struct {
	in  *bufio.Writer
	out *json.Decoder
}

// Start starts node, for as long as the test runs. The directory is that of the
// repository's folder interop, relative to the test's.
func Start(t testing.TB, interop string) *Process {
	t.Helper()
	script := filepath.Join(interop, "serve.mjs")
	require.FileExists(t, script)
	path, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node is not installed, and is needed to compare with Kibana's packages")
	}
	if _, err := os.Stat(filepath.Join(interop, "node_modules")); err != nil {
		missing(t, "Kibana's packages are not installed: run `npm ci` in interop/")
	}

	cmd := exec.CommandContext(t.Context(), path, script)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		in.Close()
		cmd.Wait() // an error is that of the context, or was seen by Ask
	})
	return &Process{in: bufio.NewWriter(in), out: json.NewDecoder(bufio.NewReader(out))}
}

func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("ESOGEN_INTEROP") == "required" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// Ask returns the answers to the requests, in order.
func (p *Process) Ask(t testing.TB, requests ...Request) []Answer {
	t.Helper()
	sent := make(chan error, 1)
	go func() { // beside the reading: pipes fill up
		encoder := json.NewEncoder(p.in)
		for _, r := range requests {
			if err := encoder.Encode(r); err != nil {
				sent <- err
				return
			}
		}
		sent <- p.in.Flush()
	}()
	answers := make([]Answer, len(requests))
	for i := range answers {
		require.NoError(t, p.out.Decode(&answers[i]), "node ended early")
	}
	require.NoError(t, <-sent)
	return answers
}

// Text returns the one answer to a request that must succeed.
func (p *Process) Text(t testing.TB, r Request) string {
	t.Helper()
	answer := p.Ask(t, r)[0]
	require.Empty(t, answer.Error)
	return answer.Text
}
