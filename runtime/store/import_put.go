package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	eso "github.com/esogen/esogen/runtime"
)

// isVerdict reports whether an error is the outcome of one object, and no failure of the
// database.
func isVerdict(err error) bool {
	for _, verdict := range []error{ErrExists, ErrFlag, eso.ErrID, eso.ErrModel} {
		if errors.Is(err, verdict) {
			return true
		}
	}
	return false
}

// put stores an object, in the place of another one if that is asked for. errLost means
// that others have written that one meanwhile.
func (item *importItem) put(ctx context.Context, q querier, policy OnConflict) (ImportResult, error) {
	if flag := item.def.Flag; flag != "" && !slices.Contains(item.store.options.Flags, flag) {
		return ImportFailed, fmt.Errorf("%w: %q", ErrFlag, flag)
	}
	taken, err := item.store.taken(ctx, q, item.def, item.doc)
	if err == nil && !taken {
		taken, err = item.insert(ctx, q)
		taken = !taken
	}
	switch {
	case err != nil:
		return ImportFailed, err
	case !taken:
		return ImportCreated, nil
	case policy == SkipOnConflict:
		return ImportSkipped, nil
	case policy != ReplaceOnConflict:
		return ImportFailed, ErrExists
	}
	return item.replace(ctx, q)
}

// home returns the namespace column of the row. Of a model above all known ones, the
// seal may bind one whatever the newest known model says.
func (item *importItem) home() string {
	if item.doc.Model > len(item.def.Models) {
		return normal(item.doc.Ref.Namespace)
	}
	return namespaceOf(item.def, item.doc.Model, item.doc.Ref)
}

func (item *importItem) insert(ctx context.Context, q querier) (bool, error) {
	s, doc := item.store, item.doc
	now := s.now()
	result, err := q.ExecContext(ctx, s.statement(`INSERT INTO {schema}eso_objects
		(type, scope, id, namespace, namespaces, model, revision, key_ids, attributes, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, {attributes}, ?, ?) {unlessItExists}`),
		item.def.Type, scopeOf(item.def, doc.Model, doc.Ref), doc.Ref.ID, item.home(), item.namespaces,
		doc.Model, firstRevision(), encodeIDs(doc.KeyIDs), string(doc.Attributes), now, now)
	return s.affected(ctx, result, err)
}

// replace stores the object in the place of the one that has its id, if that is within
// its reach: what another namespace holds stays.
func (item *importItem) replace(ctx context.Context, q querier) (ImportResult, error) {
	s, doc, d := item.store, item.doc, item.def
	there, err := s.find(ctx, q, d, item.named(doc.Ref))
	if errors.Is(err, ErrNotFound) {
		return ImportFailed, fmt.Errorf("%w: in another namespace", ErrExists)
	}
	if err != nil {
		return ImportFailed, err
	}
	own := modelOf(d, doc.Model)
	if doc.Model < there.model && own.Namespaces != modelOf(d, there.model).Namespaces {
		return ImportFailed, fmt.Errorf("%w: the object is of model %d, and the kind of its namespaces does not become that of model %d again", eso.ErrModel, there.model, doc.Model)
	}
	home := item.home()
	if there.scope != "" && there.scope != home || there.home(d) != home && bindsNamespace(own) {
		return ImportFailed, fmt.Errorf("%w: the object that has this id lives in another namespace", eso.ErrID)
	}
	result, err := q.ExecContext(ctx, s.statement(`UPDATE {schema}eso_objects
		SET namespace = ?, namespaces = ?, model = ?, revision = ?, key_ids = ?, attributes = {attributes}, updated_at = ?
		WHERE type = ? AND scope = ? AND id = ? AND revision = ?`),
		home, item.namespaces, doc.Model, nextRevision(there.revision), encodeIDs(doc.KeyIDs), string(doc.Attributes), s.now(),
		d.Type, there.scope, there.id, there.revision)
	replaced, err := s.affected(ctx, result, err)
	if err == nil && !replaced {
		err = errLost
	}
	if err != nil {
		return ImportFailed, err
	}
	return ImportReplaced, nil
}
