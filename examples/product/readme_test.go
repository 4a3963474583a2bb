package product_test

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the outputs of commands into README.md")

// TestReadme runs what README.md shows, in one shell: a line of a console fence
// that begins with "$ " is a command, together with the lines below it that
// begin with "> ", and what follows is its output.
func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it builds and runs two releases of the service")
	}
	for _, program := range []string{"sh", "go", "curl", "sqlite3"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	page, err := os.ReadFile("README.md")
	require.NoError(t, err)
	sh := newShell(t)
	var got strings.Builder
	lines := strings.SplitAfter(string(page), "\n")
	inside := false
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		switch {
		case strings.HasPrefix(line, "```"):
			inside = strings.TrimSpace(line) == "```console"
		case inside && !strings.HasPrefix(line, "$ "):
			continue // old output
		}
		got.WriteString(line)
		if command, ok := strings.CutPrefix(line, "$ "); ok && inside {
			for i+1 < len(lines) && strings.HasPrefix(lines[i+1], "> ") {
				i++
				got.WriteString(lines[i])
				command += lines[i][len("> "):]
			}
			got.WriteString(sh.run(command))
		}
	}
	if *update {
		require.NoError(t, os.WriteFile("README.md", []byte(got.String()), 0o644))
		return
	}
	assert.Equal(t, string(page), got.String(), "go test . -update writes it anew")
}

// shell is a shell that runs one command after the other.
type shell struct {
	t      *testing.T
	input  io.Writer
	output *bufio.Reader
	ports  []string // those of the page, and those that are free, in turns
}

func newShell(t *testing.T) *shell {
	t.Helper()
	cmd := exec.Command("sh")
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	cmd.Stdout, cmd.Stderr = writer, writer
	input, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	writer.Close()
	s := &shell{t: t, input: input, output: bufio.NewReader(reader)}
	for _, port := range []string{"8081", "8082"} {
		s.ports = append(s.ports, port, freePort(t))
	}
	t.Cleanup(func() {
		// What the page has left running.
		fmt.Fprintln(input, `for pid in $one $two $load; do kill $pid; done 2> /dev/null`)
		input.Close()
		cmd.Wait()
		reader.Close()
	})
	return s
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	return port
}

// run runs a command and returns its output, with what differs from run to run
// replaced.
func (s *shell) run(command string) string {
	s.t.Helper()
	const end = "-- end of the output --"
	command = strings.NewReplacer(s.ports...).Replace(strings.TrimRight(command, "\n"))
	_, err := fmt.Fprintf(s.input, "%s\necho; echo '%s'\n", command, end)
	require.NoError(s.t, err)
	var b strings.Builder
	for {
		line, err := s.output.ReadString('\n')
		require.NoError(s.t, err, "%s: %s", command, b.String())
		if strings.TrimSpace(line) == end {
			break
		}
		b.WriteString(line)
	}
	output := strings.TrimRight(b.String(), "\n")
	if output == "" {
		return ""
	}
	for i := 0; i < len(s.ports); i += 2 {
		output = strings.ReplaceAll(output, ":"+s.ports[i+1], ":"+s.ports[i])
	}
	for _, r := range random {
		output = r.pattern.ReplaceAllString(output, r.replacement)
	}
	return output + "\n"
}

// random is what no two runs have in common. Seals and signatures are cut short
// besides.
var random = []struct {
	pattern     *regexp.Regexp
	replacement string
}{
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "6a3c1d0e-5b7f-4c2a-9e8d-0f1b2a3c4d5e"},
	{regexp.MustCompile(`"[0-9A-Za-z+/]{60,}={0,2}"`), `"AQEC…"`},
	{regexp.MustCompile(`2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z`), "2027-03-01T12:00:00.123456789Z"},
	{regexp.MustCompile(`made 2[0-9]{3}-[0-9]{2}-[0-9]{2}`), "made 2027-03-01"},
	{regexp.MustCompile(`("revision":|revision = )[0-9]+`), "${1}7"},
	{regexp.MustCompile(`"useCount":[1-9][0-9]*`), `"useCount":3`},
}
