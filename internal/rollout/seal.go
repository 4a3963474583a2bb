package rollout

import (
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/runtime/esotest"
)

// seal is the seal of a document in the native format.
type seal struct {
	*esotest.Seal
	made *state // where it was sealed
}

// native reports whether the model is of the native format.
func native(m *definition.Model) bool { return m.Format == definition.Native }
