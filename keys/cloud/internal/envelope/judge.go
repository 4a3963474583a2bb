package envelope

import "gocloud.dev/gcerrors"

// JudgeCode returns what a code of gocloud.dev means. InvalidArgument is a ciphertext
// that the service does not open: the rest of a request does not vary.
func JudgeCode(code gcerrors.ErrorCode) Verdict {
	switch code {
	case gcerrors.NotFound, gcerrors.PermissionDenied, gcerrors.FailedPrecondition, gcerrors.Unimplemented:
		return Denied
	case gcerrors.InvalidArgument:
		return Tampered
	case gcerrors.DeadlineExceeded:
		return Late
	case gcerrors.ResourceExhausted, gcerrors.Internal:
		return Busy
	}
	return Unknown
}
