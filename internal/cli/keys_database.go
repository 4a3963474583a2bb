package cli

import (
	"context"
	"errors"

	"github.com/esogen/esogen/runtime/keyfile"
)

func (a *app) knownEverywhere(ctx context.Context, f *openedFile, keys []keyfile.KeyInfo, dsn string) error {
	return errors.ErrUnsupported
}

func (a *app) unused(ctx context.Context, f *openedFile, keys []keyfile.KeyInfo, dsn string) error {
	return errors.ErrUnsupported
}

func (a *app) onlyOf(ctx context.Context, f *openedFile, namespace, dsn string) error {
	return errors.ErrUnsupported
}

func (a *app) compareKeys(ctx context.Context, f *openedFile, dsn string) ([]string, error) {
	return nil, errors.ErrUnsupported
}
