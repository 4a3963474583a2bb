package azurekeyvault

import (
	"encoding/json"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// note is where a call learns which key answered: the keeper of gocloud.dev does
// not pass it on.
type note struct {
	KID string `json:"kid"`
}

// noted is the key of a note in a context.
type noted struct{}

// noting is a policy of the client that fills in the note of a call.
type noting struct{}

func (noting) Do(request *policy.Request) (*http.Response, error) {
	answer, err := request.Next()
	if err != nil || answer.StatusCode != http.StatusOK {
		return answer, err
	}
	if note, ok := request.Raw().Context().Value(noted{}).(*note); ok {
		// Payload leaves the body as it was, for the client to read and to judge.
		if body, err := runtime.Payload(answer); err == nil {
			_ = json.Unmarshal(body, note)
		}
	}
	return answer, nil
}
