package hashivault

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/keys/cloud/internal/servicetest"
	eso "github.com/esogen/esogen/runtime"
)

const token = "hvs.the-token-of-a-test"

// server is Vault as far as the Wrapper needs it.
type server struct {
	*servicetest.Server
	t         testing.TB
	engine    string // of the paths that are expected
	token     string
	namespace string
	address   string
}

func start(t testing.TB) *server {
	s := &server{Server: servicetest.NewServer(t), t: t, engine: "transit", token: token}
	s.Rotate("one")
	s.Rotate("other")
	listening := httptest.NewServer(s)
	t.Cleanup(listening.Close)
	s.address = listening.URL
	return s
}

func (s *server) client(t testing.TB) *api.Client {
	config := api.DefaultConfig()
	config.Address = s.address
	client, err := api.NewClient(config)
	require.NoError(t, err)
	client.SetToken(token)
	return client
}

func (s *server) open(t testing.TB, url string, timeout time.Duration) eso.Wrapper {
	w, err := Open(t.Context(), url, Options{Timeout: timeout, Client: s.client(t)})
	require.NoError(t, err)
	return w
}

// refusals are the answers that faults ask for, in Vault's words.
var refusals = map[servicetest.Fault]struct {
	status int
	words  string
}{
	servicetest.Deny:     {403, "1 error occurred:\n\t* permission denied\n\n"},
	servicetest.Echo:     {403, "permission denied"},
	servicetest.Missing:  {400, "encryption key not found"},
	servicetest.Disabled: {400, "ciphertext or signature version is disallowed by policy (too old)"},
	servicetest.Throttle: {429, "request path \"transit\": rate limit quota exceeded"},
	servicetest.Down:     {503, "Vault is sealed"},
	servicetest.Unopened: {400, "cipher: message authentication failed"},
}

func refuse(w http.ResponseWriter, status int, words string) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string][]string{"errors": {words}})
}

var ciphertextForm = regexp.MustCompile(`^vault:v([0-9]+):(.*)$`)

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	assert.NoError(s.t, err)
	f := s.Next(r.Context().Done())
	if f == servicetest.Stall {
		return
	}
	assert.Equal(s.t, s.token, r.Header.Get("X-Vault-Token"))
	assert.Equal(s.t, s.namespace, r.Header.Get("X-Vault-Namespace"))
	assert.Equal(s.t, http.MethodPut, r.Method)
	rest, ok := strings.CutPrefix(r.URL.Path, "/v1/"+s.engine+"/")
	assert.True(s.t, ok, r.URL.Path)
	operation, key, _ := strings.Cut(rest, "/")
	var in struct{ Plaintext, Ciphertext string }
	assert.NoError(s.t, json.Unmarshal(body, &in))
	data := map[string]string{}
	switch operation {
	case "encrypt":
		plain, err := base64.StdEncoding.DecodeString(in.Plaintext)
		assert.NoError(s.t, err)
		assert.Len(s.t, plain, 32, "the service gets a key, whatever the secret")
		ciphertext, version := s.Encrypt(key, 0, plain, nil)
		data["ciphertext"] = fmt.Sprintf("vault:v%d:%s", version, base64.StdEncoding.EncodeToString(ciphertext))
		if f == servicetest.Foreign {
			data["ciphertext"] = "vault:other"
		}
	case "decrypt":
		parts := ciphertextForm.FindStringSubmatch(in.Ciphertext)
		if parts == nil {
			refuse(w, 400, "invalid ciphertext: no prefix")
			return
		}
		ciphertext, err := base64.StdEncoding.DecodeString(parts[2])
		if err != nil {
			refuse(w, 400, "invalid ciphertext: could not decode base64")
			return
		}
		plain, version := s.Decrypt(key, ciphertext, nil)
		if version == 0 || strconv.Itoa(version) != parts[1] {
			refuse(w, 400, "cipher: message authentication failed")
			return
		}
		answer := f
		if f == servicetest.Foreign {
			answer = servicetest.Other // an answer has no name
		}
		data["plaintext"] = base64.StdEncoding.EncodeToString(servicetest.Answer(answer, plain))
	default:
		assert.Fail(s.t, "a path that is not expected", r.URL.Path)
	}
	if refusal, ok := refusals[f]; ok {
		words := refusal.words
		if f == servicetest.Echo {
			words += ": " + in.Plaintext
		}
		refuse(w, refusal.status, words)
		return
	}
	out := map[string]any{"request_id": "1", "data": data}
	if f == servicetest.Empty {
		out["data"] = map[string]string{} // at which the client panics
	}
	text, err := json.Marshal(out)
	assert.NoError(s.t, err)
	if f == servicetest.Cut {
		servicetest.CutOff(w, text)
	}
	_, _ = w.Write(text)
}
