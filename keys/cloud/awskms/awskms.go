// Package awskms wraps key files under a key of AWS KMS.
//
//	w, err := awskms.Open(ctx, "awskms:///arn:aws:kms:eu-west-1:111122223333:key/…", awskms.Options{})
//
// docs/keys.md has the URLs, the permissions, and what a key file holds of them.
package awskms

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"
	"gocloud.dev/gcerrors"
	"gocloud.dev/secrets"
	"gocloud.dev/secrets/awskms"

	"github.com/esogen/esogen/keys/cloud/internal/address"
	"github.com/esogen/esogen/keys/cloud/internal/envelope"
	eso "github.com/esogen/esogen/runtime"
)

// Scheme is that of the URLs.
const Scheme = awskms.Scheme

// The encryption context that every wrapping has; the URL adds to it.
const (
	contextName  = "esogen"
	contextValue = "key-file"

	contextPrefix = "context_"
)

// Options configures a Wrapper. The zero value is ready to use.
type Options struct {
	// Timeout bounds each call of the service, within the deadline of the context.
	// Zero is 10 seconds. A call that the service refuses for now is tried twice
	// more.
	Timeout time.Duration

	// Config is the configuration of the SDK, with credentials and region. Nil
	// loads it from where the SDK looks: the environment, shared files, the
	// machine's role.
	Config *aws.Config
}

// Open returns the Wrapper of a key. It reads the SDK's configuration and calls no
// service. The URL is "awskms:///" and the ARN of a key or an alias, or "awskms://"
// and the id of a key or an alias ("alias/name"). Parameters: region, profile, and
// "context_NAME" for what to add to the encryption context.
//
// The region is that of the parameter, else of the ARN, else of the configuration.
// The Wrapper is safe for concurrent use. Its errors are those of [eso.Wrapper].
func Open(ctx context.Context, url string, o Options) (eso.Wrapper, error) {
	key, err := address.Parse(url, Scheme, "region", "profile", contextPrefix+"*")
	if err != nil {
		return nil, err
	}
	s := &service{key: key.Path, context: map[string]string{contextName: contextValue}}
	for name, values := range key.Query {
		if name, ok := strings.CutPrefix(name, contextPrefix); ok {
			if name == contextName {
				return nil, fmt.Errorf("%s: the name %q of the encryption context is taken", Scheme, contextName)
			}
			s.context[name] = values[0]
		}
	}
	region := key.Query.Get("region")
	if parts := strings.Split(key.Path, ":"); region == "" && len(parts) == 6 && parts[0] == "arn" {
		region = parts[3]
	}
	cfg, err := configuration(ctx, o.Config, region, key.Query.Get("profile"))
	if err != nil {
		return nil, err
	}
	if cfg.Region == "" {
		return nil, fmt.Errorf("%s: no region: write the ARN of the key, or ?region=", Scheme)
	}
	// The envelope tries again, within bounds that are the same for all services.
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	s.client = kms.NewFromConfig(cfg, func(o *kms.Options) { o.APIOptions = append(o.APIOptions, pinKey) })
	return envelope.New(Scheme, s.id(), s, envelope.Options{Timeout: o.Timeout})
}

func configuration(ctx context.Context, given *aws.Config, region, profile string) (aws.Config, error) {
	if given != nil {
		if profile != "" {
			return aws.Config{}, fmt.Errorf("%s: the URL names a profile, and the options give a configuration", Scheme)
		}
		cfg := given.Copy()
		if region != "" {
			cfg.Region = region
		}
		return cfg, nil
	}
	var load []func(*config.LoadOptions) error
	if region != "" {
		load = append(load, config.WithRegion(region))
	}
	if profile != "" {
		load = append(load, config.WithSharedConfigProfile(profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return aws.Config{}, fmt.Errorf("%s: the configuration of the SDK: %w", Scheme, err)
	}
	return cfg, nil
}

type service struct {
	key     string // as the URL has it
	context map[string]string
	client  *kms.Client
}

// id is the URL without what only says how to get there.
func (s *service) id() string {
	query := url.Values{}
	for name, value := range s.context {
		if name != contextName {
			query.Set(contextPrefix+name, value)
		}
	}
	id := Scheme + ":///" + s.key
	if len(query) > 0 {
		id += "?" + query.Encode()
	}
	return id
}

// keeper is opened for each call, with options of its own.
func (s *service) keeper() *secrets.Keeper {
	return awskms.OpenKeeper(s.client, s.key, &awskms.KeeperOptions{EncryptionContext: maps.Clone(s.context)})
}

func (s *service) Encrypt(ctx context.Context, key []byte) (string, []byte, error) {
	pin := &pin{}
	ciphertext, err := s.keeper().Encrypt(context.WithValue(ctx, pinned{}, pin), key)
	return pin.used, ciphertext, err
}

// Decrypt names the key of the URL, not that of the file: KMS would open what any
// key encrypted that the caller may use.
func (s *service) Decrypt(ctx context.Context, name string, ciphertext []byte) ([]byte, error) {
	pin := &pin{key: s.key}
	key, err := s.keeper().Decrypt(context.WithValue(ctx, pinned{}, pin), ciphertext)
	if err != nil {
		return nil, err
	}
	if !sameKey(pin.used, name) {
		return nil, &answered{pin.used, name}
	}
	return key, nil
}

// Accepts refuses the ARN of another key, where the URL names one key. What key an
// alias names only KMS knows: it refuses what another one encrypted.
func (s *service) Accepts(name string) error {
	if !strings.HasPrefix(name, "arn:") || !strings.Contains(name, ":key/") {
		return fmt.Errorf("%q is not the ARN of a key", name)
	}
	switch {
	case strings.HasPrefix(s.key, "alias/") || strings.Contains(s.key, ":alias/"):
		return nil
	case strings.HasPrefix(s.key, "arn:") && sameKey(s.key, name):
		return nil
	case !strings.HasPrefix(s.key, "arn:") && keyID(name) == strings.TrimPrefix(s.key, "key/"):
		return nil
	}
	return address.Other(name)
}

// sameKey compares two ARNs. A multi-Region key has an ARN in each region.
func sameKey(a, b string) bool {
	return a == b || strings.HasPrefix(keyID(a), "mrk-") && keyID(a) == keyID(b)
}

func keyID(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// answered is the error of an answer by another key than the file names.
type answered struct{ used, named string }

func (a *answered) Error() string {
	return fmt.Sprintf("key %q answered instead of %q", a.used, a.named)
}

// Judge adds to the codes of gocloud.dev, which knows some of KMS's.
func (s *service) Judge(err error) envelope.Verdict {
	if wrong := (*answered)(nil); errors.As(err, &wrong) {
		return envelope.Tampered
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return envelope.Unknown // no connection, no credentials
	}
	switch api.ErrorCode() {
	case "AccessDeniedException", "AccessDenied", "IncorrectKeyException", "InvalidKeyUsageException",
		"KMSInvalidStateException", "InvalidArnException", "ValidationException", "UnrecognizedClientException", "InvalidClientTokenId",
		"InvalidSignatureException", "SignatureDoesNotMatch", "MissingAuthenticationTokenException", "OptInRequired", "NotAuthorized",
		"ExpiredTokenException", "IncompleteSignature", "InvalidAction":
		return envelope.Denied
	case "ThrottlingException", "Throttling", "ThrottledException", "RequestThrottledException", "TooManyRequestsException",
		"RequestLimitExceeded", "LimitExceededException", "ServiceUnavailable", "ServiceUnavailableException", "InternalFailure":
		return envelope.Busy
	}
	return envelope.JudgeCode(gcerrors.Code(err))
}
