package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	eso "github.com/esogen/esogen/runtime"
)

// Rows are found by (type, scope, id). The scope is the namespace if the namespace is
// a part of the identity, and empty otherwise. An object keeps the key that it was
// created with: a type whose models are of both kinds has rows of both, and the store
// looks for an object under both keys.
//
// The kind of an object decides which namespaces reach it. It is the kind of the
// object's model or of the write model, whichever is higher: kinds only become wider.
// For every operation, an object out of reach does not exist; its id is taken all the
// same.

// modelOf returns the model whose rules apply to a document of that number.
func modelOf(d *eso.Definition, number int) *eso.Model {
	return &d.Models[max(1, min(number, len(d.Models)))-1]
}

// kindOf returns the kind that decides which namespaces reach an object of that model.
func kindOf(d *eso.Definition, model int) eso.Namespaces {
	return modelOf(d, max(model, d.Write)).Namespaces
}

// hasKind reports whether a model from a number on has one of the kinds.
func hasKind(d *eso.Definition, from int, kinds ...eso.Namespaces) bool {
	return slices.ContainsFunc(d.Models[from-1:], func(m eso.Model) bool { return slices.Contains(kinds, m.Namespaces) })
}

// mixed reports whether the namespace is a part of the key of some objects of the type
// and not of others.
func mixed(d *eso.Definition) bool {
	return hasKind(d, 1, eso.Single) && hasKind(d, 1, eso.MultipleIsolated, eso.Multiple, eso.Agnostic)
}

// bindsNamespace reports whether objects of a model belong to one namespace,
// whether or not the format binds it.
func bindsNamespace(m *eso.Model) bool {
	return m.Namespaces == eso.Single || m.Namespaces == eso.MultipleIsolated
}

// normal returns a namespace as it is stored: the default one as none.
func normal(namespace string) string {
	if namespace == "default" {
		return ""
	}
	return namespace
}

// allNamespaces means all of them in the list of an object of the kind multiple.
const allNamespaces = "*"

func scopeOf(d *eso.Definition, model int, ref eso.Ref) string {
	if modelOf(d, model).Namespaces == eso.Single {
		return normal(ref.Namespace)
	}
	return ""
}

// namespaceOf returns the namespace in which an object was created. One of an agnostic
// type has none.
func namespaceOf(d *eso.Definition, model int, ref eso.Ref) string {
	if modelOf(d, model).Namespaces == eso.Agnostic {
		return ""
	}
	return normal(ref.Namespace)
}

// scopesOf returns the scopes to look under first for an object of a namespace. Models
// below the oldest count: a migrated object keeps its key.
func scopesOf(d *eso.Definition, ref eso.Ref) []string {
	namespace := normal(ref.Namespace)
	switch {
	case namespace == "" || !hasKind(d, 1, eso.Single):
		return []string{""}
	case !mixed(d):
		return []string{namespace}
	}
	return []string{namespace, ""}
}

// Limits of what identifies an object, in bytes. An index of PostgreSQL takes no more
// than 2,700 of them.
const (
	maxID        = 1024
	maxNamespace = 512
)

// identity completes a ref, and refuses one that no object can have.
func identity(d *eso.Definition, ref eso.Ref) (eso.Ref, error) {
	if ref.Type == "" {
		ref.Type = d.Type
	}
	if ref.Type != d.Type {
		return ref, fmt.Errorf("%w: an object of %q in the collection of %q", eso.ErrType, clip(ref.Type), d.Type)
	}
	ref.Namespace = normal(ref.Namespace)
	if err := keyPart("id", ref.ID, maxID); err != nil {
		return ref, err
	}
	return ref, inNamespace(d, d.Write, ref.Namespace)
}

// inNamespace refuses a namespace in which there can be no object of a model.
func inNamespace(d *eso.Definition, model int, namespace string) error {
	if namespace != "" && modelOf(d, model).Namespaces == eso.Agnostic {
		return fmt.Errorf("%w: objects of this type live in no namespace", eso.ErrID)
	}
	return keyPart("namespace", namespace, maxNamespace)
}

// newIdentity completes the ref of a new object of a model, and refuses an invalid
// namespace.
func newIdentity(d *eso.Definition, model int, ref eso.Ref) (eso.Ref, error) {
	namespace := normal(ref.Namespace)
	if err := inNamespace(d, model, namespace); err != nil {
		return ref, err
	}
	if modelOf(d, model).Namespaces == eso.Multiple && namespace == allNamespaces {
		namespace = ""
	}
	if namespace != "" && !eso.IsNamespace(namespace) {
		return ref, fmt.Errorf(`%w: a namespace is made of lower-case letters and digits of ASCII, "_" and "-"`, eso.ErrID)
	}
	given := ref.Namespace
	ref.Namespace = "" // the document's own model may have one where the write model has none
	ref, err := identity(d, ref)
	ref.Namespace = normal(given)
	return ref, err
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

// home returns the namespace in which an object was created, and which its seal binds
// if it binds one. If the key holds it, the column beside the key does not count.
func (r *row) home(d *eso.Definition) string {
	if r.scope != "" || modelOf(d, r.model).Namespaces == eso.Single {
		return r.scope
	}
	return r.namespace
}

// namespacesOf returns the namespaces that reach an object of the kind multiple: the
// one in which it was created, unless the row lists others. An invalid list lists none.
func (r *row) namespacesOf(d *eso.Definition) []string {
	if r.namespaces == "" {
		return []string{r.home(d)}
	}
	var names []string
	if json.Unmarshal([]byte(r.namespaces), &names) != nil {
		return nil
	}
	for i := range names {
		names[i] = normal(names[i])
	}
	return names
}

// reachedFrom reports whether an object exists for a caller in a namespace.
func (r *row) reachedFrom(d *eso.Definition, namespace string) bool {
	switch kindOf(d, r.model) {
	case eso.Agnostic:
		return true
	case eso.Multiple:
		names := r.namespacesOf(d)
		return slices.Contains(names, namespace) || slices.Contains(names, allNamespaces)
	}
	return r.home(d) == namespace
}

// ref returns the identity by which this release reaches an object.
func (r *row) ref(d *eso.Definition) eso.Ref {
	ref := eso.Ref{Namespace: r.home(d), Type: d.Type, ID: r.id}
	switch {
	case modelOf(d, d.Write).Namespaces == eso.Agnostic:
		ref.Namespace = ""
	case bindsNamespace(&eso.Model{Namespaces: kindOf(d, r.model)}):
	case r.from != nil:
		ref.Namespace = *r.from
	case !r.reachedFrom(d, ref.Namespace):
		if names := r.namespacesOf(d); len(names) > 0 {
			ref.Namespace = names[0]
		}
	}
	return ref
}

// find reads the row of an object. It fails with ErrNotFound if none is in reach.
func (s *Store) find(ctx context.Context, q querier, d *eso.Definition, ref eso.Ref) (*row, error) {
	for _, scope := range scopesOf(d, ref) {
		r := &row{from: &ref.Namespace}
		err := s.scan(ctx, r, q.QueryRowContext(ctx, s.statement(`SELECT {columns} FROM {schema}eso_objects
			WHERE type = ? AND scope = ? AND id = ?`), d.Type, scope, ref.ID))
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return nil, err
		case r.reachedFrom(d, ref.Namespace):
			return r, nil
		}
	}
	if !hasKind(d, 1, eso.Single) || !hasKind(d, d.Write, eso.Multiple, eso.Agnostic) {
		return nil, ErrNotFound
	}
	// Created when its namespace was a part of its key, in another one.
	return s.elsewhere(ctx, q, d, ref, func(r *row) bool { return r.reachedFrom(d, ref.Namespace) })
}

// elsewhere returns the first wanted row with an id, of those that have a namespace in
// their key. It fails with ErrNotFound if there is none.
func (s *Store) elsewhere(ctx context.Context, q querier, d *eso.Definition, ref eso.Ref, wanted func(*row) bool) (*row, error) {
	rows, err := q.QueryContext(ctx, s.statement(`SELECT {columns} FROM {schema}eso_objects
		WHERE type = ? AND scope <> '' AND id = ? AND {sound} ORDER BY scope`), d.Type, ref.ID)
	if err != nil {
		return nil, s.fromDatabase(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		r := &row{from: &ref.Namespace}
		if err := s.scan(ctx, r, rows); err != nil {
			return nil, err
		}
		if wanted(r) {
			return r, nil
		}
	}
	if err := rows.Err(); err != nil {
		return nil, s.fromDatabase(ctx, err)
	}
	return nil, ErrNotFound
}

// taken reports whether an object under another key has the id of a new one. Ids are
// unique across namespaces, except in the kind single.
func (s *Store) taken(ctx context.Context, q querier, d *eso.Definition, doc eso.Document) (bool, error) {
	if !mixed(d) {
		return false, nil // the two have one key
	}
	single := kindOf(d, doc.Model) == eso.Single
	conflicts := func(r *row) bool { return !single || kindOf(d, r.model) != eso.Single }
	var r row
	err := s.scan(ctx, &r, q.QueryRowContext(ctx, s.statement(`SELECT {keys} FROM {schema}eso_objects
		WHERE type = ? AND scope = '' AND id = ?`), d.Type, doc.Ref.ID))
	if err == nil && conflicts(&r) {
		return true, nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	_, err = s.elsewhere(ctx, q, d, doc.Ref, conflicts)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
