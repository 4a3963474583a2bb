package golden

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/esogen/esogen/internal/definition"
	eso "github.com/esogen/esogen/runtime"
)

// Fixture is a plain object of one model, made from the definition.
type Fixture struct {
	Name       string // "full", "minimal", or "nulls"
	Ref        eso.Ref
	Model      int
	Attributes string // a JSON object, secrets in the clear
}

// Fixtures returns objects of every model that the type still opens: one with
// every attribute, one with the required ones only and, if something may be
// null, one with nulls. The same definition gives the same objects.
func Fixtures(t *definition.Type) []Fixture {
	var fixtures []Fixture
	for i := range t.Models {
		m := &t.Models[i]
		if m.Number < t.Oldest {
			continue
		}
		given := map[string]bool{}
		for _, which := range []fixtureKind{full, minimal, nulls} {
			attributes := structure(m.Attributes, "", which)
			if given[attributes] {
				continue // nothing may be null, or left out
			}
			given[attributes] = true
			fixtures = append(fixtures, Fixture{string(which), reference(t, m, which), m.Number, attributes})
		}
	}
	return fixtures
}

// reference makes up an identity. The full object lives in a namespace if
// its kind has one; the others live in the default one.
func reference(t *definition.Type, m *definition.Model, which fixtureKind) eso.Ref {
	place := fmt.Sprintf("%s/%d/%s", t.Name, m.Number, which)
	ref := eso.Ref{Type: t.Name, ID: place}
	if t.RandomID {
		ref.ID = definition.UUIDOf(sha256.Sum256([]byte(place)))
	}
	if m.Namespaces == definition.Single && which == full {
		ref.Namespace = "golden"
	}
	return ref
}

// FixturesFile returns the fixtures as a file, an object a line.
func FixturesFile(t *definition.Type) []byte {
	var b strings.Builder
	for _, f := range Fixtures(t) {
		o := f.object(fixtureFormat)
		o.raw("attributes", f.Attributes)
		b.WriteString(o.line() + "\n")
	}
	return []byte(b.String())
}

// object returns the members of a line but for the attributes, in the form of
// Kibana's API.
func (f *Fixture) object(format string) *object {
	var o object
	o.text("format", format)
	o.text("fixture", f.Name)
	o.text("type", f.Ref.Type)
	o.text("id", f.Ref.ID)
	o.text("namespace", f.Ref.Namespace)
	o.text("typeMigrationVersion", fmt.Sprintf("10.%d.0", f.Model))
	return &o
}
