package eso

import (
	"context"
	"errors"
	"fmt"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
	"github.com/esogen/esogen/runtime/internal/seal"
)

// A document may carry the number of another model than the one that it was
// sealed by: Kibana's have none where a version was lost. What that one encrypts
// and this one has as a plain attribute is then a ciphertext under the name of a
// value.

// errMisplaced means that a plain attribute holds a ciphertext.
var errMisplaced = fmt.Errorf("%w: a ciphertext where a value is", ErrMalformed)

// refuseCiphertexts refuses a document with a plain attribute that another known
// model encrypts, and whose value opens as a ciphertext of that model. It would
// be shown as a value, and a rotation would leave it under its old key.
//
// A value that has the form of a ciphertext, and opens under no key, is a value.
func (o *opened) refuseCiphertexts(ctx context.Context, keys Keyring) error {
	for _, m := range o.members {
		if m.Hidden || m.Secret || len(m.Raw) < seal.MinCiphertext || m.Raw[0] != '"' || o.seals(m.Name) {
			continue
		}
		for n := range o.def.Models {
			other := &o.def.Models[n]
			if other.Format != Kibana || !other.encrypts(m.Name) {
				continue
			}
			text, err := jsontext.DecodeString(m.Raw)
			if err != nil {
				break
			}
			as := *o
			as.model = other
			_, _, err = seal.OpenKibana(ctx, kibanaKeys(keys), as.aad(), []string{text})
			var at *seal.CiphertextError
			switch {
			case err == nil:
				return fault.On(m.Name, fmt.Errorf("%w: it is one of model %d, and not of model %d, by which the document counts",
					errMisplaced, n+1, min(o.number, len(o.def.Models))))
			case !errors.As(err, &at) && !errors.Is(err, ErrNoKey):
				return err
			}
		}
	}
	return nil
}
