package main

import (
	"context"
	"strings"

	"github.com/esogen/esogen/bench/seal/generated/integration"
	eso "github.com/esogen/esogen/runtime"
)

// ownPeers seal and open whole objects with generated code: the values are
// checked, encoded, sealed and put together to a document, and back.
func ownPeers(ctx context.Context) ([]Peer, error) {
	key, err := eso.NewKey("bench", random(32))
	if err != nil {
		return nil, err
	}
	keys, err := eso.NewKeyringOf(key)
	if err != nil {
		return nil, err
	}
	ref := integration.Ref("", eso.NewID())
	object := &integration.Integration{
		URL:          "https://" + strings.Repeat("u", 92),
		Username:     strings.Repeat("n", 50),
		Audience:     strings.Repeat("a", boundSize-150),
		Password:     eso.NewSecret(secrets[0]),
		ClientSecret: eso.NewSecret(secrets[1]),
		RefreshToken: eso.NewSecret(secrets[2]),
	}
	sealed, err := integration.Seal(ctx, keys, ref, object)
	if err != nil {
		return nil, err
	}
	return []Peer{{
		Name:       "esogen native, a whole object",
		Concurrent: true,
		Seal: func() error {
			_, err := integration.Seal(ctx, keys, ref, object)
			return err
		},
		Open: func() error {
			opened, err := integration.Open(ctx, keys, sealed)
			if err != nil {
				return err
			}
			if password, err := opened.Password.Reveal(); err != nil || password != secrets[0] {
				return errOther
			}
			return nil
		},
	}}, nil
}
