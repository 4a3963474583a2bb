package awskms

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/keys/cloud/internal/servicetest"
	eso "github.com/esogen/esogen/runtime"
)

const (
	region   = "eu-west-1"
	arns     = "arn:aws:kms:eu-west-1:111122223333:key/"
	keyOne   = "0f3c1c11-0000-4000-8000-000000000001"
	keyOther = "0f3c1c11-0000-4000-8000-000000000002"
)

// server is KMS as far as the Wrapper needs it.
type server struct {
	*servicetest.Server
	t       testing.TB
	aliases map[string]string // alias/name to the id of a key
	expect  map[string]string // the encryption context that every request has to have
	address string
}

type request struct {
	KeyId             string
	Plaintext         []byte
	CiphertextBlob    []byte
	EncryptionContext map[string]string
}

func start(t testing.TB) *server {
	s := &server{Server: servicetest.NewServer(t), t: t, aliases: map[string]string{}, expect: map[string]string{"esogen": "key-file"}}
	for _, key := range []string{keyOne, keyOther} {
		s.Rotate(arns + key)
	}
	listening := httptest.NewServer(s)
	t.Cleanup(listening.Close)
	s.address = listening.URL
	return s
}

func (s *server) config() *aws.Config {
	return &aws.Config{
		Region:       region,
		BaseEndpoint: aws.String(s.address),
		Credentials:  credentials.NewStaticCredentialsProvider("AKIDTEST", "the secret of a test", ""),
	}
}

func (s *server) open(t testing.TB, url string, timeout time.Duration) eso.Wrapper {
	w, err := Open(t.Context(), url, Options{Config: s.config(), Timeout: timeout})
	require.NoError(t, err)
	return w
}

// resolve returns the ARN of a key by its id, ARN, or alias.
func (s *server) resolve(key string) string {
	if at := strings.Index(key, "alias/"); at >= 0 {
		key = s.aliases[key[at:]]
	}
	return arns + key[strings.LastIndex(key, "/")+1:]
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	assert.NoError(s.t, err)
	f := s.Next(r.Context().Done())
	var in request
	assert.NoError(s.t, json.Unmarshal(body, &in))
	assert.Equal(s.t, http.MethodPost, r.Method)
	assert.Contains(s.t, r.Header.Get("Authorization"), "Credential=AKIDTEST/")
	assert.Contains(s.t, r.Header.Get("Authorization"), "/"+region+"/kms/aws4_request")
	assert.Equal(s.t, s.expect, in.EncryptionContext)
	assert.NotEmpty(s.t, in.KeyId, "no key: KMS would open what any key encrypted")
	switch f {
	case servicetest.Stall:
		return
	case servicetest.Deny:
		refuse(w, 400, "AccessDeniedException", "User: arn:aws:iam::111122223333:user/kim is not authorized to perform this")
		return
	case servicetest.Echo:
		refuse(w, 400, "AccessDeniedException", "not authorized: "+string(body))
		return
	case servicetest.Missing:
		refuse(w, 400, "NotFoundException", "Key is not found")
		return
	case servicetest.Disabled:
		refuse(w, 400, "KMSInvalidStateException", "is pending deletion.")
		return
	case servicetest.Throttle:
		refuse(w, 400, "ThrottlingException", "You have exceeded the rate at which you may call KMS.")
		return
	case servicetest.Down:
		refuse(w, 500, "KMSInternalException", "")
		return
	case servicetest.Unopened:
		refuse(w, 400, "InvalidCiphertextException", "")
		return
	}
	arn := s.resolve(in.KeyId)
	binding := fmt.Sprint(in.EncryptionContext) // fmt sorts maps
	out := map[string]any{"KeyId": arn}
	if f == servicetest.Foreign {
		out["KeyId"] = arns + "ffffffff-0000-4000-8000-000000000003"
	}
	switch r.Header.Get("X-Amz-Target") {
	case "TrentService.Encrypt":
		ciphertext, version := s.Encrypt(arn, 0, in.Plaintext, []byte(binding))
		if version == 0 {
			refuse(w, 400, "NotFoundException", "Key is not found")
			return
		}
		assert.Len(s.t, in.Plaintext, 32, "the service gets a key, whatever the secret")
		// KMS's ciphertexts say which key made them.
		out["CiphertextBlob"] = append([]byte(arn), ciphertext...)
		out["EncryptionAlgorithm"] = "SYMMETRIC_DEFAULT"
	case "TrentService.Decrypt":
		made := slices.IndexFunc([]string{keyOne, keyOther}, func(key string) bool {
			return strings.HasPrefix(string(in.CiphertextBlob), arns+key)
		})
		if made < 0 {
			refuse(w, 400, "InvalidCiphertextException", "")
			return
		}
		if !strings.HasPrefix(string(in.CiphertextBlob), arn) {
			refuse(w, 400, "IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.")
			return
		}
		plain, version := s.Decrypt(arn, in.CiphertextBlob[len(arn):], []byte(binding))
		if version == 0 {
			refuse(w, 400, "InvalidCiphertextException", "")
			return
		}
		out["Plaintext"] = servicetest.Answer(f, plain)
	default:
		assert.Fail(s.t, "an operation that is not expected", r.Header.Get("X-Amz-Target"))
	}
	if f == servicetest.Empty {
		out = map[string]any{}
	}
	text, err := json.Marshal(out)
	assert.NoError(s.t, err)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if f == servicetest.Cut {
		servicetest.CutOff(w, text)
	}
	_, _ = w.Write(text)
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": message})
}
