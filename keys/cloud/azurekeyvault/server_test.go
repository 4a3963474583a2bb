package azurekeyvault

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/keys/cloud/internal/servicetest"
	eso "github.com/esogen/esogen/runtime"
)

const (
	vault    = "esogen-test.vault.azure.net"
	keyOne   = vault + "/keys/one"
	keyOther = vault + "/keys/other"
	token    = "the token of a test"
)

// server is Key Vault as far as the Wrapper needs it, over HTTPS. It challenges a
// client that comes without a token, as the service does.
type server struct {
	*servicetest.Server
	t         testing.TB
	transport *http.Client
	tokens    error // what asking for a token fails with
}

// version is the name of a version, in the service's form.
func version(n int) string { return fmt.Sprintf("%032x", n) }

func start(t testing.TB) *server {
	s := &server{Server: servicetest.NewServer(t), t: t}
	s.Rotate(keyOne)
	s.Rotate(keyOther)
	listening := httptest.NewTLSServer(s)
	t.Cleanup(listening.Close)
	// Whatever the name of the vault, its address is the server's.
	s.transport = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, listening.Listener.Addr().String())
		},
		TLSClientConfig: &tls.Config{RootCAs: listening.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "example.com"},
	}}
	t.Cleanup(s.transport.CloseIdleConnections)
	return s
}

// credential gives the token of a test.
type credential struct{ s *server }

func (c credential) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	assert.Equal(c.s.t, []string{"https://vault.azure.net/.default"}, o.Scopes)
	return azcore.AccessToken{Token: token, ExpiresOn: time.Now().Add(time.Hour)}, c.s.tokens
}

func (s *server) open(t testing.TB, url string, timeout time.Duration) eso.Wrapper {
	client := &azkeys.ClientOptions{}
	client.Transport = s.transport
	w, err := Open(t.Context(), url, Options{Timeout: timeout, Credential: credential{s}, Client: client})
	require.NoError(t, err)
	return w
}

// refusals are the answers that faults ask for.
var refusals = map[servicetest.Fault]struct {
	status int
	code   string
}{
	servicetest.Deny: {403, "Forbidden"}, servicetest.Echo: {403, "Forbidden"}, servicetest.Missing: {404, "KeyNotFound"}, servicetest.Disabled: {403, "Forbidden"},
	servicetest.Throttle: {429, "Throttled"}, servicetest.Down: {503, "ServiceUnavailable"}, servicetest.Unopened: {400, "BadParameter"},
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+token {
		w.Header().Set("WWW-Authenticate", `Bearer authorization="https://login.windows.net/tenant", resource="https://vault.azure.net"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	body, err := io.ReadAll(r.Body)
	assert.NoError(s.t, err)
	f := s.Next(r.Context().Done())
	if f == servicetest.Stall {
		return
	}
	var in struct{ Alg, Value string }
	assert.NoError(s.t, json.Unmarshal(body, &in))
	value, err := base64.RawURLEncoding.DecodeString(in.Value)
	assert.NoError(s.t, err)
	assert.Equal(s.t, vault, r.Host)
	assert.Equal(s.t, "RSA-OAEP-256", in.Alg)
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/") // keys/NAME/VERSION?/OPERATION
	key, operation, asked := r.Host+"/keys/"+parts[1], parts[len(parts)-1], 0
	if len(parts) == 4 {
		asked = 1 + slices.Index([]string{version(1), version(2)}, parts[2])
		if asked == 0 {
			f = servicetest.Missing
		}
	}
	var result []byte
	made := 0
	switch operation {
	case "encrypt":
		assert.Len(s.t, value, 32, "the service gets a key, whatever the secret")
		result, made = s.Encrypt(key, asked, value, nil)
	case "decrypt":
		assert.Len(s.t, parts, 4, "decrypting without a version fails after a rotation")
		result, made = s.Decrypt(key, value, nil)
		if f == "" && made != asked { // another version, as the service answers
			f = servicetest.Unopened
		}
	}
	if refusal, ok := refusals[f]; ok {
		message := "it is refused"
		if f == servicetest.Echo {
			message += ": " + in.Value
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(refusal.status)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"code": refusal.code, "message": message}})
		return
	}
	kid := "https://" + key + "/" + version(made)
	if f == servicetest.Foreign {
		kid = "https://" + keyOther + "/" + version(1)
	}
	out := map[string]string{"kid": kid, "value": base64.RawURLEncoding.EncodeToString(servicetest.Answer(f, result))}
	if f == servicetest.Empty {
		out = map[string]string{}
	}
	if operation == "encrypt" && (f == servicetest.Other || f == servicetest.Short) {
		out["value"] = base64.RawURLEncoding.EncodeToString(result)
	}
	text, err := json.Marshal(out)
	assert.NoError(s.t, err)
	w.Header().Set("Content-Type", "application/json")
	if f == servicetest.Cut {
		servicetest.CutOff(w, text)
	}
	_, _ = w.Write(text)
}
