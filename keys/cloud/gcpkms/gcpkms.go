// Package gcpkms wraps key files under a key of Google Cloud KMS.
//
//	w, err := gcpkms.Open(ctx, "gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k", gcpkms.Options{})
//
// docs/keys.md has the URLs, the permissions, and what a key file holds of them.
package gcpkms

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	kms "cloud.google.com/go/kms/apiv1"
	"gocloud.dev/gcerrors"
	"gocloud.dev/secrets/gcpkms"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/esogen/esogen/keys/cloud/internal/address"
	"github.com/esogen/esogen/keys/cloud/internal/envelope"
	eso "github.com/esogen/esogen/runtime"
)

// Scheme is that of the URLs.
const Scheme = gcpkms.Scheme

// defaultAAD is the additional authenticated data, unless the URL gives other.
const defaultAAD = "esogen key-file"

const aadParameter = "additional_authenticated_data"

// Options configures a Wrapper. The zero value is ready to use.
type Options struct {
	// Timeout bounds each call of the service, within the deadline of the context.
	// Zero is 10 seconds. A call that the service refuses for now is tried twice
	// more.
	Timeout time.Duration

	// Client is for the client of each call: credentials, an endpoint. Nil is
	// Application Default Credentials.
	Client []option.ClientOption
}

var keyForm = regexp.MustCompile(`^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$`)

// Open returns the Wrapper of a key. It calls no service. The URL is "gcpkms://" and
// the resource name of the key, without a version; its parameter
// additional_authenticated_data is base64 in the alphabet for URLs.
//
// Each call makes a client and closes it: there is one when a process starts. The
// Wrapper is safe for concurrent use. Its errors are those of [eso.Wrapper].
func Open(_ context.Context, url string, o Options) (eso.Wrapper, error) {
	key, err := address.Parse(url, Scheme, aadParameter)
	if err != nil {
		return nil, err
	}
	if !keyForm.MatchString(key.Path) {
		return nil, fmt.Errorf("%s: write %s://projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY", Scheme, Scheme)
	}
	s := &service{key: key.Path, aad: []byte(defaultAAD), options: o.Client}
	if given := key.Query.Get(aadParameter); given != "" {
		if s.aad, err = base64.URLEncoding.DecodeString(given); err != nil {
			return nil, fmt.Errorf("%s: %s is not base64 in the alphabet for URLs", Scheme, aadParameter)
		}
	}
	return envelope.New(Scheme, s.id(), s, envelope.Options{Timeout: o.Timeout})
}

type service struct {
	key     string
	aad     []byte
	options []option.ClientOption
}

func (s *service) id() string {
	id := Scheme + "://" + s.key
	if string(s.aad) != defaultAAD {
		id += "?" + url.Values{aadParameter: {base64.URLEncoding.EncodeToString(s.aad)}}.Encode()
	}
	return id
}

// use calls f with a client of its own, and returns the key that answered.
func (s *service) use(ctx context.Context, f func(client *kms.KeyManagementClient) ([]byte, error)) (string, []byte, error) {
	check := &check{}
	options := append([]option.ClientOption{option.WithGRPCDialOption(grpc.WithUnaryInterceptor(check.call))}, s.options...)
	client, err := kms.NewKeyManagementClient(ctx, options...)
	if err != nil {
		return "", nil, err
	}
	defer client.Close()
	// The envelope tries again, within bounds that are the same for all services.
	client.CallOptions = &kms.KeyManagementCallOptions{}
	answer, err := f(client)
	return check.name, answer, err
}

func (s *service) keeperOptions() *gcpkms.KeeperOptions {
	return &gcpkms.KeeperOptions{AdditionalAuthenticatedData: append([]byte(nil), s.aad...)}
}

func (s *service) Encrypt(ctx context.Context, key []byte) (string, []byte, error) {
	return s.use(ctx, func(client *kms.KeyManagementClient) ([]byte, error) {
		return gcpkms.OpenKeeper(client, s.key, s.keeperOptions()).Encrypt(ctx, key)
	})
}

func (s *service) Decrypt(ctx context.Context, _ string, ciphertext []byte) ([]byte, error) {
	_, key, err := s.use(ctx, func(client *kms.KeyManagementClient) ([]byte, error) {
		return gcpkms.OpenKeeper(client, s.key, s.keeperOptions()).Decrypt(ctx, ciphertext)
	})
	return key, err
}

func (s *service) Accepts(name string) error {
	version, ok := strings.CutPrefix(name, s.key+"/cryptoKeyVersions/")
	if !ok || version == "" || strings.Contains(version, "/") {
		return address.Other(name)
	}
	return nil
}

// Judge adds to the codes of gocloud.dev, which leaves some of gRPC's out.
func (s *service) Judge(err error) envelope.Verdict {
	if said, ok := status.FromError(err); ok {
		switch said.Code() {
		case codes.Unauthenticated:
			return envelope.Denied
		case codes.Unavailable, codes.Aborted:
			return envelope.Busy
		case codes.DataLoss:
			return envelope.Busy
		}
	}
	return envelope.JudgeCode(gcerrors.Code(err))
}
