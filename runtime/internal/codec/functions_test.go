package codec

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The inputs of a computed value may be secrets.
func TestInputsAreNotPrinted(t *testing.T) {
	in := &Inputs{texts: []JSON{`"s3cret"`}, err: errors.New("s3cret")}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		assert.NotContains(t, fmt.Sprintf(verb, in), "s3cret", verb)
	}
}
