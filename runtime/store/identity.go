package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	eso "github.com/esogen/esogen/runtime"
)

// Rows are found by (type, scope, id). The scope is the namespace where the
// namespace is a part of the identity, and empty elsewhere. An object keeps the
// key that it was created with: a type whose models are of both kinds has rows
// of both, and they are looked for under both.

// modelOf is the model by whose rules a document of that number goes.
func modelOf(d *eso.Definition, number int) *eso.Model {
	return &d.Models[max(1, min(number, len(d.Models)))-1]
}

// normal is a namespace as it is stored: the default one is none.
func normal(namespace string) string {
	if namespace == "default" {
		return ""
	}
	return namespace
}

func scopeOf(d *eso.Definition, model int, ref eso.Ref) string {
	if modelOf(d, model).Namespaces == eso.Single {
		return normal(ref.Namespace)
	}
	return ""
}

// namespaceOf is where an object was created. An object of an agnostic type
// lives in no namespace.
func namespaceOf(d *eso.Definition, model int, ref eso.Ref) string {
	if modelOf(d, model).Namespaces == eso.Agnostic {
		return ""
	}
	return normal(ref.Namespace)
}

// kindsOf tells whether the namespace is a part of the identity in some model
// of a type, and whether it is none in some other.
func kindsOf(d *eso.Definition) (single, other bool) {
	for n := max(d.Oldest, 1); n <= len(d.Models); n++ {
		if d.Models[n-1].Namespaces == eso.Single {
			single = true
		} else {
			other = true
		}
	}
	return single, other
}

// scopesOf are the scopes under which an object may stand.
func scopesOf(d *eso.Definition, ref eso.Ref) []string {
	single, other := kindsOf(d)
	namespace := normal(ref.Namespace)
	switch {
	case !single, namespace == "":
		return []string{""}
	case !other:
		return []string{namespace}
	}
	return []string{namespace, ""}
}

// Lengths of the parts of a key. An index of PostgreSQL takes no more than 2,700
// bytes.
const (
	maxID        = 1024
	maxNamespace = 512
)

// identity completes a ref, and refuses one that no row can have.
func identity(d *eso.Definition, ref eso.Ref) (eso.Ref, error) {
	if ref.Type == "" {
		ref.Type = d.Type
	}
	if ref.Type != d.Type {
		return ref, fmt.Errorf("%w: the definition is that of %q", eso.ErrType, d.Type)
	}
	ref.Namespace = normal(ref.Namespace)
	if err := keyPart("id", ref.ID, maxID); err != nil {
		return ref, err
	}
	return ref, keyPart("namespace", ref.Namespace, maxNamespace)
}

func keyPart(what, text string, limit int) error {
	switch {
	case len(text) > limit:
		return fmt.Errorf("%w: the %s takes more than %d bytes", eso.ErrID, what, limit)
	case !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0:
		return fmt.Errorf("%w: the %s is not UTF-8, or holds a zero byte", eso.ErrID, what)
	}
	return nil
}

// isOf tells whether a row, found under one of its scopes, is the object of
// that identity. A namespace that is a part of the identity has to be the one
// that was asked for: what is sealed there opens under the name that the row
// gives.
func (r *row) isOf(d *eso.Definition, ref eso.Ref) bool {
	return modelOf(d, r.model).Namespaces != eso.Single || r.document(d).Ref.Namespace == ref.Namespace
}

// find reads the row of an object: ErrNotFound where there is none.
func (s *Store) find(ctx context.Context, q querier, d *eso.Definition, ref eso.Ref) (*row, error) {
	for _, scope := range scopesOf(d, ref) {
		r := &row{}
		err := r.scan(q.QueryRowContext(ctx, s.dialect.statement("SELECT "+columns+` FROM eso_objects
			WHERE type = ? AND scope = ? AND id = ?`), d.Type, scope, ref.ID))
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return nil, err
		case r.isOf(d, ref):
			return r, nil
		}
	}
	return nil, ErrNotFound
}
