// Package hashivault wraps key files under a key of the transit engine of Vault, or
// of OpenBao.
//
//	w, err := hashivault.Open(ctx, "hashivault://my-key", hashivault.Options{})
//
// docs/keys.md has the URLs, the permissions, and what a key file holds of them.
package hashivault

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/hashicorp/vault/api"
	"gocloud.dev/secrets"
	"gocloud.dev/secrets/hashivault"

	"github.com/esogen/esogen/keys/cloud/internal/address"
	"github.com/esogen/esogen/keys/cloud/internal/envelope"
	eso "github.com/esogen/esogen/runtime"
)

// Scheme is that of the URLs.
const Scheme = hashivault.Scheme

const defaultEngine = "transit"

// Options configures a Wrapper. The zero value is ready to use.
type Options struct {
	// Timeout bounds each call of the service, within the deadline of the context.
	// Zero is 10 seconds. A call that the service refuses for now is tried twice
	// more.
	Timeout time.Duration

	// Client gives address, token, headers and TLS, as they are at each call. Nil
	// takes them from the environment at each call: VAULT_SERVER_URL or VAULT_ADDR,
	// VAULT_SERVER_TOKEN or VAULT_TOKEN, and the client's other variables.
	Client *api.Client
}

var (
	keyForm    = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	engineForm = regexp.MustCompile(`^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$`)
)

// Open returns the Wrapper of a key. It calls no service. The URL is "hashivault://"
// and the name of the key; the parameter engine is the path of the transit engine,
// "transit" if it is left out. A key with derived: true is not supported.
//
// The Wrapper is safe for concurrent use. Its errors are those of [eso.Wrapper].
func Open(_ context.Context, url string, o Options) (eso.Wrapper, error) {
	key, err := address.Parse(url, Scheme, "engine")
	if err != nil {
		return nil, err
	}
	if !keyForm.MatchString(key.Path) {
		return nil, fmt.Errorf("%s: write %s://KEY, or that and ?engine=PATH", Scheme, Scheme)
	}
	s := &service{key: key.Path, engine: defaultEngine, given: o.Client}
	id := Scheme + "://" + s.key
	if engine := strings.Trim(key.Query.Get("engine"), "/"); engine != "" && engine != defaultEngine {
		if !engineForm.MatchString(engine) || strings.Contains("/"+engine+"/", "/../") || strings.Contains("/"+engine+"/", "/./") {
			return nil, fmt.Errorf("%s: the engine is not the path of one", Scheme)
		}
		s.engine = engine
		id += "?engine=" + engine
	}
	if s.given == nil {
		if _, err := serverURL(); err != nil {
			return nil, err
		}
	}
	return envelope.New(Scheme, id, s, envelope.Options{Timeout: o.Timeout})
}

func serverURL() (string, error) {
	for _, name := range []string{"VAULT_SERVER_URL", api.EnvVaultAddress, api.EnvVaultAgentAddr} {
		if value := os.Getenv(name); value != "" {
			return value, nil
		}
	}
	return "", fmt.Errorf("%s: no server: set %s", Scheme, api.EnvVaultAddress)
}

type service struct {
	key, engine string
	given       *api.Client
}

// call calls f with a keeper of its own, whose requests end with the context, and
// turns the panic of a keeper that got a strange answer into an error.
func (s *service) call(ctx context.Context, f func(keeper *secrets.Keeper) ([]byte, error)) (answer []byte, err error) {
	seen := &within{ctx: ctx}
	client, err := s.client(seen)
	if err != nil {
		return nil, err
	}
	if own, ok := seen.base.(*http.Transport); ok && s.given == nil {
		defer own.CloseIdleConnections()
	}
	defer func() {
		if p := recover(); p != nil {
			answer, err = nil, &strange{seen.status}
		}
	}()
	return f(hashivault.OpenKeeper(client, s.key, &hashivault.KeeperOptions{Engine: s.engine}))
}

// client returns a client for one call: gocloud.dev's keeps the first token, and
// its keepers do not pass the context on.
func (s *service) client(transport *within) (*api.Client, error) {
	var config *api.Config
	if s.given != nil {
		config = s.given.CloneConfig()
	} else {
		config = api.DefaultConfig()
		if config.Error != nil {
			return nil, config.Error
		}
		server, err := serverURL()
		if err != nil {
			return nil, err
		}
		config.Address = server
	}
	transport.base = config.HttpClient.Transport
	config.HttpClient = &http.Client{Transport: transport, CheckRedirect: config.HttpClient.CheckRedirect}
	config.MaxRetries = 0 // the envelope tries again, within bounds that are the same for all services
	client, err := api.NewClient(config)
	if err != nil {
		return nil, err
	}
	if s.given != nil {
		client.SetHeaders(s.given.Headers()) // the namespace is one of them
		client.SetToken(s.given.Token())
		return client, nil
	}
	if token := os.Getenv("VAULT_SERVER_TOKEN"); token != "" {
		client.SetToken(token)
	}
	return client, nil
}

// within gives requests the context of a call, and notes the status of the answer.
type within struct {
	ctx    context.Context
	base   http.RoundTripper
	status int
}

func (w *within) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := w.base.RoundTrip(request.WithContext(w.ctx))
	if err == nil {
		w.status = answer.StatusCode
	}
	return answer, err
}

// strange is the error of an answer that lacks what it has to have.
type strange struct{ status int }

func (s *strange) Error() string {
	return fmt.Sprintf("an answer without what was asked for, with status %d", s.status)
}

func (s *service) Encrypt(ctx context.Context, key []byte) (string, []byte, error) {
	ciphertext, err := s.call(ctx, func(keeper *secrets.Keeper) ([]byte, error) { return keeper.Encrypt(ctx, key) })
	if err != nil {
		return "", nil, err
	}
	version := versionForm.FindSubmatch(ciphertext)
	if version == nil {
		return "", nil, &strange{http.StatusOK}
	}
	return s.name() + string(version[1]), ciphertext, nil
}

func (s *service) Decrypt(ctx context.Context, name string, ciphertext []byte) ([]byte, error) {
	version := versionForm.FindSubmatch(ciphertext)
	if version == nil || s.name()+string(version[1]) != name {
		return nil, errMisnamed
	}
	return s.call(ctx, func(keeper *secrets.Keeper) ([]byte, error) { return keeper.Decrypt(ctx, ciphertext) })
}

var errMisnamed = errors.New("the ciphertext is of another version of the key")

// versionForm is how Vault's ciphertexts begin.
var versionForm = regexp.MustCompile(`^vault:v([0-9]{1,10}):`)

// name is that of the key, up to its version.
func (s *service) name() string { return s.engine + "/keys/" + s.key + ":v" }

var digits = regexp.MustCompile(`^[0-9]{1,10}$`)

func (s *service) Accepts(name string) error {
	if version, ok := strings.CutPrefix(name, s.name()); !ok || !digits.MatchString(version) {
		return address.Other(name)
	}
	return nil
}

// Judge goes by the status of the answer, and by the words where Vault answers with
// the same status for several reasons: gocloud.dev knows none of its errors.
func (s *service) Judge(err error) envelope.Verdict {
	if errors.Is(err, errMisnamed) {
		return envelope.Tampered
	}
	status, words := 0, ""
	if lacking := (*strange)(nil); errors.As(err, &lacking) {
		if lacking.status == http.StatusOK {
			return envelope.Tampered
		}
		status = lacking.status
	}
	if answer := (*api.ResponseError)(nil); errors.As(err, &answer) {
		status, words = answer.StatusCode, strings.Join(answer.Errors, "\n")
	}
	unopened := strings.Contains(words, "message authentication failed") || strings.Contains(words, "invalid ciphertext") ||
		strings.Contains(words, "unable to decrypt")
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return envelope.Denied
	case http.StatusBadRequest:
		if unopened || strings.Contains(words, "base64") {
			return envelope.Tampered
		}
		return envelope.Denied // no such key, a version below min_decryption_version
	case http.StatusInternalServerError:
		if unopened {
			return envelope.Tampered // its word for a wrong context, too
		}
	case http.StatusPreconditionFailed, http.StatusTooManyRequests, 472, 473, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return envelope.Busy // throttled, sealed, a standby
	}
	return envelope.Unknown
}
