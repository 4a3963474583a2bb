package emit_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/esogen/esogen/internal/definition"
)

// native gives a type the native format, from a model on.
func native(t *definition.Type, from int) *definition.Type {
	for i := range t.Models {
		if t.Models[i].Number >= from {
			t.Models[i].Format = definition.Native
		}
	}
	return t
}

func TestDefinitionSaysTheFormat(t *testing.T) {
	source := string(generate(t, native(connectorToken(2), 2))["definition.go"])
	kibana, native := strings.Index(source, "eso.Kibana"), strings.Index(source, "eso.Native")
	assert.Positive(t, kibana)
	assert.Greater(t, native, kibana, "model 2 stands behind model 1")
}
