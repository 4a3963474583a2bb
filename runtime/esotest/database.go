package esotest

import (
	"fmt"
	"slices"
	"testing"

	eso "github.com/esogen/esogen/runtime"
)

// overADatabase plays each step from a model to the next with the golden documents
// in a database, and the step from the last release of the ledger to this one:
// upgrade, rollback, second upgrade, and a rotation.
func (s Suite[T]) overADatabase(t *testing.T, keys eso.Keyring) {
	d := s.Objects.Definition()
	for older := max(d.Oldest, 1); older < len(d.Models); older++ {
		t.Run(fmt.Sprintf("model %d to %d over a database", older, older+1), func(t *testing.T) {
			s.play(t, keys, release(d, older, older+1), release(d, older+1, older+1))
		})
	}
	if released := Releases(t, s.Golden, d); len(released) > 0 {
		last := released[len(released)-1]
		t.Run(fmt.Sprintf("release %q to this one over a database", last.Name), func(t *testing.T) {
			s.play(t, keys, last.Definition, d)
		})
	}
}

func (s Suite[T]) play(t *testing.T, keys eso.Keyring, older, newer *eso.Definition) {
	var documents []eso.Document
	for _, o := range s.documents(t) {
		doc := o.document()
		if doc.Model < max(older.Oldest, newer.Oldest, 1) || doc.Model > older.Write {
			continue
		}
		// If a fixture changed, the file has its old documents too, under the same id.
		i := slices.IndexFunc(documents, func(d eso.Document) bool { return d.Ref == doc.Ref })
		if i >= 0 {
			documents[i] = doc
		} else {
			documents = append(documents, doc)
		}
	}
	if len(documents) == 0 {
		t.Skip("there is no golden document that the older release wrote")
	}
	UpgradeAndRollback(t, keys, older, newer, documents...)
}
