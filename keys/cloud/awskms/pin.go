package awskms

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go/middleware"
)

// pin is how a call tells the client which key may decrypt, and learns which key
// was used: the keeper of gocloud.dev passes on neither.
type pin struct{ key, used string }

// pinned is the key of a pin in a context.
type pinned struct{}

// pinKey adds both to the stack of a client.
func pinKey(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("esogen pin", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		pin, ok := ctx.Value(pinned{}).(*pin)
		if !ok {
			return next.HandleInitialize(ctx, in)
		}
		if request, ok := in.Parameters.(*kms.DecryptInput); ok {
			request.KeyId = aws.String(pin.key)
		}
		out, metadata, err := next.HandleInitialize(ctx, in)
		switch answer := out.Result.(type) {
		case *kms.EncryptOutput:
			if answer != nil {
				pin.used = aws.ToString(answer.KeyId)
			}
		case *kms.DecryptOutput:
			if answer != nil {
				pin.used = aws.ToString(answer.KeyId)
			}
		}
		return out, metadata, err
	}), middleware.Before)
}
