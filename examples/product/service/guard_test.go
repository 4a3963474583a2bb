package service

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGuard(t *testing.T) {
	p := &process{release: Release{Name: "none"}, hosts: []string{"localhost", "product.example", "::1"}, log: slog.New(slog.DiscardHandler)}
	guarded := p.guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Text string `json:"text"`
		}
		if err := decode(r)(&body); err != nil {
			p.fail(w, r, err)
			return
		}
		answer(w, http.StatusOK, body.Text)
	}))
	const good = `{"text":"hello"}`
	for name, c := range map[string]struct {
		host, kind, body string
		header           map[string]string
		status           int
		text             string
	}{
		"good":                 {"localhost:8080", "application/json", good, nil, 200, `"hello"`},
		"with a charset":       {"product.example", "application/json; charset=utf-8", good, nil, 200, `"hello"`},
		"IPv6":                 {"[::1]:8080", "application/json", good, nil, 200, `"hello"`},
		"another host":         {"evil.example", "application/json", good, nil, 421, "does not answer to this host"},
		"no host":              {"", "application/json", good, nil, 421, "does not answer to this host"},
		"a form":               {"localhost", "text/plain", good, nil, 415, "application/json"},
		"no type":              {"localhost", "", good, nil, 415, "application/json"},
		"another origin":       {"localhost", "application/json", good, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403, "another origin"},
		"too long":             {"localhost", "application/json", `{"text":"` + strings.Repeat("x", maxBody) + `"}`, nil, 413, "more than 1048576 bytes"},
		"long white space":     {"localhost", "application/json", good + strings.Repeat(" ", maxBody), nil, 413, "more than 1048576 bytes"},
		"something behind":     {"localhost", "application/json", good + "{}", nil, 400, "something follows"},
		"something else there": {"localhost", "application/json", good + "x", nil, 400, "the body:"},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(c.body))
		r.Host = c.host
		r.Header.Set("Content-Type", c.kind)
		for name, value := range c.header {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		guarded.ServeHTTP(w, r)
		assert.Equal(t, c.status, w.Code, name)
		assert.Contains(t, w.Body.String(), c.text, name)
	}
}

func TestHosts(t *testing.T) {
	for _, c := range []struct {
		names, listen string
		hosts         []string
		wrong         string
	}{
		{"", "127.0.0.1:8080", []string{"localhost", "127.0.0.1", "::1", "127.0.0.1"}, ""},
		{"", "Product.example:80", []string{"product.example"}, ""},
		{"A.example, b.example", ":80", []string{"a.example", "b.example"}, ""},
		{"", ":80", nil, "--host NAME"},
		{"", "0.0.0.0:80", nil, "--host NAME"},
		{"a,,b", ":80", nil, "an empty name"},
		{"", "nowhere", nil, "missing port"},
	} {
		hosts, err := hostsOf(c.names, c.listen)
		assert.Equal(t, c.hosts, hosts, c.listen)
		if c.wrong == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, c.wrong)
		}
	}
}

// A DSN may hold a password, in any of its forms: no log has it.
func TestPasswordOfTheDatabase(t *testing.T) {
	keys, passphrase := newKeyFile(t)
	t.Setenv("PRODUCT_KEY_FILE", keys)
	t.Setenv("PRODUCT_PASSPHRASE", passphrase)
	for _, dsn := range []string{
		"host=db user=u password=S3cret",
		"postgres://u:S3cret@127.0.0.1:1/db?connect_timeout=1",
		"postgres://u:S3cret@127.0.0.1:port/db",
		"postgres://127.0.0.1:1/db?password=S3cret&connect_timeout=1",
		"postgres://127.0.0.1:1/db?password=S3cret&sslmode=nonsense",
		"postgres://u:S3cret%zz@127.0.0.1/db",
		"postgresql:host=127.0.0.1 port=1 password=S3cret",
		"S3cret",
		"mysql://u:S3cret@db",
	} {
		for _, how := range []string{"flag", "environment", "help", "a flag that there is not", "an argument too many"} {
			args := []string{"usage"}
			t.Setenv("PRODUCT_DSN", dsn)
			switch how {
			case "flag":
				os.Unsetenv("PRODUCT_DSN") // until the end of the test
				args = append(args, "--dsn", dsn)
			case "help":
				args = append(args, "--help")
			case "a flag that there is not":
				args = append(args, "--nonsense")
			case "an argument too many":
				args = append(args, "more")
			}
			code, stdout, stderr := run(t, args...)
			assert.Equal(t, 2, code, dsn)
			assert.NotContains(t, stdout+stderr, "S3cret", "%s: %s", how, dsn)
		}
	}
}
