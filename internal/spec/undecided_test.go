package spec

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
)

// TestUndecidedImports reads what an imported package leaves open: what the
// specs say is decided, the rest is reported where the specs use it.
func TestUndecidedImports(t *testing.T) {
	t.Parallel()
	files := withModule(fstest.MapFS{
		"specs/a.cue": {Data: []byte(`package specs

import (
	"github.com/esogen/esogen/eso"
	"example.com/product/shared"
)

said: eso.#Type & shared.#Base & {
	#extra: ["b"]
	#audited: true
}

unsaid: eso.#Type & shared.#Base & {
	#audited: false
}

undecided: eso.#Type & shared.#Base & {
	#extra: []
}

names: eso.#Type & {
	namespaces: "single"
	models: "1": {
		attributes: {
			a: string
			for n in shared.names {
				(n): string
			}
			part: shared.#Part
		}
		encrypted: []
		aad: []
	}
}
`)},
		"shared/b.cue": {Data: []byte(`package shared

#Base: {
	#extra: [...string]
	#audited: bool
	namespaces: "single"
	models: "1": {
		attributes: {
			a: string
			for n in #extra {
				(n): string
			}
			if #audited {
				auditedBy: string
			}
		}
		encrypted: []
		aad: []
	}
	...
}

names: [...string]

#Part: {
	a?: string
	a:  string
	if _open {
		b: string
	}
}

_open: bool
`)},
	})
	found := loadFiles(t, files, Options{Root: "."})
	assert.Equal(t, `error specs/a.cue:13:1: [definition/undecided] for … in #extra ranges over an open list, whose elements are not known (see shared/b.cue:10:13); write all of its elements, as in ["a", "b"], without "..."
error specs/a.cue:17:1: [definition/undecided] "attributes" of model 1 depends on an open value: if #audited (see shared/b.cue:13:7); give it a value, or a default, as in *false | bool
error specs/a.cue:26:13: [definition/undecided] for … in shared.names ranges over an open list, whose elements are not known; write all of its elements, as in ["a", "b"], without "..."
error specs/a.cue:29:4: [definition/undecided] attribute "part" depends on an open value: if _open (see shared/b.cue:28:5); give it a value, or a default, as in *false | bool
`, found["diagnostics"])
	assert.Contains(t, found["definitions"], `type "said" write 1 oldest 1
	model 1 single native
		"a" string
		"auditedBy" string
		"b" string
`)
}
