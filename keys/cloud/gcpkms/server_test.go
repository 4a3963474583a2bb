package gcpkms

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/esogen/esogen/keys/cloud/internal/servicetest"
	eso "github.com/esogen/esogen/runtime"
)

const (
	ring     = "projects/example.com:p/locations/europe-west1/keyRings/r/cryptoKeys/"
	keyOne   = ring + "one"
	keyOther = ring + "other"
)

// server is Cloud KMS as far as the Wrapper needs it, over gRPC.
type server struct {
	kmspb.UnimplementedKeyManagementServiceServer
	*servicetest.Server
	t       testing.TB
	aad     string
	spoil   bool // answers with a wrong checksum
	address string
}

func start(t testing.TB) *server {
	s := &server{Server: servicetest.NewServer(t), t: t, aad: "esogen key-file"}
	s.Rotate(keyOne)
	s.Rotate(keyOther)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	g := grpc.NewServer()
	kmspb.RegisterKeyManagementServiceServer(g, s)
	go func() { _ = g.Serve(listener) }()
	t.Cleanup(g.Stop)
	s.address = listener.Addr().String()
	return s
}

func (s *server) open(t testing.TB, url string, timeout time.Duration) eso.Wrapper {
	w, err := Open(t.Context(), url, Options{Timeout: timeout, Client: []option.ClientOption{
		option.WithEndpoint(s.address), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	}})
	require.NoError(t, err)
	return w
}

// refusal is the error that a fault asks for.
func refusal(f servicetest.Fault, plain []byte) error {
	switch f {
	case servicetest.Stall:
		return status.Error(codes.Unknown, "too late")
	case servicetest.Deny:
		return status.Error(codes.PermissionDenied, "Permission 'cloudkms.cryptoKeyVersions.useToDecrypt' denied")
	case servicetest.Echo:
		return status.Error(codes.PermissionDenied, "denied: "+strconv.Quote(string(plain)))
	case servicetest.Missing:
		return status.Error(codes.NotFound, "CryptoKey not found")
	case servicetest.Disabled:
		return status.Error(codes.FailedPrecondition, "is not enabled, current state is: DESTROY_SCHEDULED.")
	case servicetest.Throttle:
		return status.Error(codes.ResourceExhausted, "Quota exceeded")
	case servicetest.Down:
		return status.Error(codes.Unavailable, "The service is currently unavailable.")
	case servicetest.Unopened:
		return status.Error(codes.InvalidArgument, "Decryption failed: the ciphertext is invalid.")
	}
	return nil
}

func (s *server) Encrypt(ctx context.Context, in *kmspb.EncryptRequest) (*kmspb.EncryptResponse, error) {
	f := s.Next(ctx.Done())
	assert.Equal(s.t, s.aad, string(in.GetAdditionalAuthenticatedData()))
	assert.Equal(s.t, sum(in.GetPlaintext()).GetValue(), in.GetPlaintextCrc32C().GetValue())
	assert.Len(s.t, in.GetPlaintext(), 32, "the service gets a key, whatever the secret")
	ciphertext, version := s.Server.Encrypt(in.GetName(), 0, in.GetPlaintext(), in.GetAdditionalAuthenticatedData())
	if err := refusal(f, in.GetPlaintext()); err != nil {
		return nil, err
	}
	if version == 0 {
		return nil, status.Error(codes.NotFound, "CryptoKey not found")
	}
	if f == servicetest.Empty {
		return &kmspb.EncryptResponse{VerifiedPlaintextCrc32C: true, VerifiedAdditionalAuthenticatedDataCrc32C: true}, nil
	}
	out := &kmspb.EncryptResponse{
		Name:                    in.GetName() + "/cryptoKeyVersions/" + strconv.Itoa(version),
		Ciphertext:              ciphertext,
		CiphertextCrc32C:        sum(ciphertext),
		VerifiedPlaintextCrc32C: true, VerifiedAdditionalAuthenticatedDataCrc32C: true,
	}
	if f == servicetest.Foreign {
		out.Name = keyOther + "/cryptoKeyVersions/1"
	}
	if s.spoil {
		out.CiphertextCrc32C = sum([]byte("other bytes"))
	}
	return out, nil
}

func (s *server) Decrypt(ctx context.Context, in *kmspb.DecryptRequest) (*kmspb.DecryptResponse, error) {
	f := s.Next(ctx.Done())
	assert.Equal(s.t, s.aad, string(in.GetAdditionalAuthenticatedData()))
	assert.Equal(s.t, sum(in.GetCiphertext()).GetValue(), in.GetCiphertextCrc32C().GetValue())
	if err := refusal(f, nil); err != nil {
		return nil, err
	}
	plain, version := s.Server.Decrypt(in.GetName(), in.GetCiphertext(), in.GetAdditionalAuthenticatedData())
	if version == 0 {
		return nil, status.Error(codes.InvalidArgument, "Decryption failed: the ciphertext is invalid.")
	}
	if f == servicetest.Foreign {
		f = servicetest.Other // an answer has no name
	}
	plain = servicetest.Answer(f, plain)
	out := &kmspb.DecryptResponse{Plaintext: plain, PlaintextCrc32C: sum(plain)}
	if s.spoil {
		out.PlaintextCrc32C = sum([]byte("other bytes"))
	}
	return out, nil
}
