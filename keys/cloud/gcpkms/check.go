package gcpkms

import (
	"context"
	"hash/crc32"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// check adds the checksums to a request and compares those of the answer, as the
// service's documentation asks clients to do, and notes which key answered. The
// keeper of gocloud.dev does neither.
type check struct{ name string }

var table = crc32.MakeTable(crc32.Castagnoli)

func sum(data []byte) *wrapperspb.Int64Value {
	return wrapperspb.Int64(int64(crc32.Checksum(data, table)))
}

// errSpoilt is what a checksum says that does not fit: the bytes changed on their
// way.
var errSpoilt = status.Error(codes.DataLoss, "a checksum does not fit: the request or the answer changed on its way")

func (c *check) call(ctx context.Context, method string, request, answer any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	switch request := request.(type) {
	case *kmspb.EncryptRequest:
		request.PlaintextCrc32C = sum(request.Plaintext)
		request.AdditionalAuthenticatedDataCrc32C = sum(request.AdditionalAuthenticatedData)
	case *kmspb.DecryptRequest:
		request.CiphertextCrc32C = sum(request.Ciphertext)
		request.AdditionalAuthenticatedDataCrc32C = sum(request.AdditionalAuthenticatedData)
	}
	if err := invoke(ctx, method, request, answer, conn, options...); err != nil {
		return err
	}
	switch answer := answer.(type) {
	case *kmspb.EncryptResponse:
		c.name = answer.GetName()
		if !answer.GetVerifiedPlaintextCrc32C() || answer.GetCiphertextCrc32C().GetValue() != sum(answer.GetCiphertext()).GetValue() {
			return errSpoilt
		}
	case *kmspb.DecryptResponse:
		if answer.GetPlaintextCrc32C().GetValue() != sum(answer.GetPlaintext()).GetValue() {
			return errSpoilt
		}
	}
	return nil
}
