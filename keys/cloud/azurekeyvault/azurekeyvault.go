// Package azurekeyvault wraps key files under an RSA key of Azure Key Vault.
//
//	w, err := azurekeyvault.Open(ctx, "azurekeyvault://v.vault.azure.net/keys/k", azurekeyvault.Options{})
//
// docs/keys.md has the URLs, the permissions, and what a key file holds of them.
package azurekeyvault

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"gocloud.dev/gcerrors"
	"gocloud.dev/secrets"
	"gocloud.dev/secrets/azurekeyvault"

	"github.com/esogen/esogen/keys/cloud/internal/address"
	"github.com/esogen/esogen/keys/cloud/internal/envelope"
	eso "github.com/esogen/esogen/runtime"
)

// Scheme is that of the URLs.
const Scheme = azurekeyvault.Scheme

// Options configures a Wrapper. The zero value is ready to use.
type Options struct {
	// Timeout bounds each call of the service, within the deadline of the context.
	// Zero is 10 seconds. A call that the service refuses for now is tried twice
	// more.
	Timeout time.Duration

	// Credential is what calls are authorized with. Nil is the default credential
	// of the SDK: the environment, a managed identity, the Azure CLI.
	Credential azcore.TokenCredential

	// Client configures the client: its transport, its cloud. Nil is the default.
	Client *azkeys.ClientOptions
}

// keyForm is what the URL names: a vault, a key, and maybe a version.
var keyForm = regexp.MustCompile(`^([a-z0-9-]+\.vault\.[a-z0-9.-]+)/keys/([A-Za-z0-9-]+)(?:/([A-Za-z0-9]+))?$`)

// Open returns the Wrapper of a key. It calls no service. The URL is
// "azurekeyvault://VAULT.vault.azure.net/keys/KEY", or that and a version: wrapping
// uses the version, or the key's current one, and unwrapping the one that wrapped.
// The algorithm is RSA-OAEP-256.
//
// The Wrapper is safe for concurrent use. Its errors are those of [eso.Wrapper].
func Open(_ context.Context, url string, o Options) (eso.Wrapper, error) {
	key, err := address.Parse(url, Scheme)
	if err != nil {
		return nil, err
	}
	parts := keyForm.FindStringSubmatch(key.Path)
	if parts == nil {
		return nil, fmt.Errorf("%s: write %s://VAULT.vault.azure.net/keys/KEY, or that and /VERSION", Scheme, Scheme)
	}
	s := &service{key: "https://" + parts[1] + "/keys/" + parts[2], version: parts[3]}
	if o.Credential == nil {
		if o.Credential, err = azidentity.NewDefaultAzureCredential(nil); err != nil {
			return nil, fmt.Errorf("%s: the credential of the SDK: %w", Scheme, err)
		}
	}
	client := azkeys.ClientOptions{}
	if o.Client != nil {
		client = *o.Client
	}
	// The envelope tries again, within bounds that are the same for all services.
	client.Retry = policy.RetryOptions{MaxRetries: -1}
	client.PerCallPolicies = append([]policy.Policy{noting{}}, client.PerCallPolicies...)
	if s.client, err = azkeys.NewClient("https://"+parts[1]+"/", o.Credential, &client); err != nil {
		return nil, fmt.Errorf("%s: the client: %w", Scheme, err)
	}
	return envelope.New(Scheme, Scheme+"://"+key.Path, s, envelope.Options{Timeout: o.Timeout})
}

type service struct {
	key, version string // the key without its version, and the URL's, or ""
	client       *azkeys.Client
}

// keeper is opened for each call, with options of its own: gocloud.dev's keepers
// keep a pointer to them.
func (s *service) keeper(key string) (*secrets.Keeper, error) {
	return azurekeyvault.OpenKeeper(
		func(string) (*azkeys.Client, error) { return s.client, nil }, key,
		&azurekeyvault.KeeperOptions{Algorithm: azkeys.EncryptionAlgorithmRSAOAEP256})
}

func (s *service) Encrypt(ctx context.Context, key []byte) (string, []byte, error) {
	name := s.key
	if s.version != "" {
		name += "/" + s.version
	}
	keeper, err := s.keeper(name)
	if err != nil {
		return "", nil, err
	}
	note := &note{}
	ciphertext, err := keeper.Encrypt(context.WithValue(ctx, noted{}, note), key)
	return note.KID, ciphertext, err
}

// Decrypt asks the version that wrapped: another one cannot decrypt it.
func (s *service) Decrypt(ctx context.Context, name string, ciphertext []byte) ([]byte, error) {
	keeper, err := s.keeper(name)
	if err != nil {
		return nil, err
	}
	note := &note{}
	key, err := keeper.Decrypt(context.WithValue(ctx, noted{}, note), ciphertext)
	if err == nil && note.KID != name {
		return nil, &answered{note.KID, name}
	}
	return key, err
}

func (s *service) Accepts(name string) error {
	version, ok := strings.CutPrefix(name, s.key+"/")
	if !ok || !versionForm.MatchString(version) || s.version != "" && version != s.version {
		return address.Other(name)
	}
	return nil
}

var versionForm = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// answered is the error of an answer by another key than the file names.
type answered struct{ used, named string }

func (a *answered) Error() string {
	return fmt.Sprintf("key %q answered instead of %q", a.used, a.named)
}

// Judge goes by the status of the answer, and by the codes of gocloud.dev for the
// rest.
func (s *service) Judge(err error) envelope.Verdict {
	if wrong := (*answered)(nil); errors.As(err, &wrong) {
		return envelope.Tampered
	}
	if refused := (*azidentity.AuthenticationFailedError)(nil); errors.As(err, &refused) {
		if r := refused.RawResponse; r != nil && r.StatusCode >= 400 && r.StatusCode < 500 && r.StatusCode != http.StatusTooManyRequests {
			return envelope.Denied
		}
		return envelope.Unknown
	}
	if answer := (*azcore.ResponseError)(nil); errors.As(err, &answer) {
		switch answer.StatusCode {
		case http.StatusConflict, http.StatusRequestTimeout, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return envelope.Busy
		}
	}
	return envelope.JudgeCode(gcerrors.Code(err))
}
