package soak_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
)

// TestRequiredPart compiles the package of a release that announces a part as
// optional, while its own model requires it: the Go type could lack the part, and
// the code must not remove it.
func TestRequiredPart(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles Go")
	}
	part := func(name string, optional bool) definition.Attribute {
		return definition.Attribute{Name: name, Optional: optional, Value: definition.Value{Kind: definition.String}}
	}
	config := func(optional bool) definition.Attribute {
		fields := []definition.Attribute{part("a", false), part("b", optional)}
		return definition.Attribute{Name: "config", Value: definition.Value{Kind: definition.Struct, Fields: fields}}
	}
	one, two := newDrawn().Model, newDrawn().Model
	one.Declared, two.Declared = []definition.Attribute{config(false)}, []definition.Attribute{config(true)}
	typ := &definition.Type{Name: "thing", Label: "thing", RandomID: true, Write: 1, Oldest: 1}
	for i, m := range []definition.Model{one, two} {
		m.Number, m.StatesAAD, m.StatesEncrypted = i+1, true, true
		m.Format, m.Namespaces = definition.Native, definition.Agnostic
		typ.Models = append(typ.Models, m)
	}
	typ.Resolve()
	require.False(t, wrong(typ))

	dir := newModule(t)
	h := &history{drawing: &drawing{}}
	h.writePackage(t, dir, "release", typ)
	write(t, dir, "required_test.go", []byte(requiredTest))
	out, err := run(t, dir, "test", "-vet=off", ".")
	require.NoError(t, err, out)
}

const requiredTest = `package soaked

import (
	"errors"
	"testing"

	"github.com/esogen/esogen/soaked/release/thing"
	eso "github.com/esogen/esogen/runtime"
)

func TestRequired(t *testing.T) {
	keys, err := eso.NewKeyring("a passphrase of 32 characters or more")
	if err != nil {
		t.Fatal(err)
	}
	b := "b"
	doc, err := thing.Seal(t.Context(), keys, eso.Ref{}, &thing.Thing{Config: thing.Config{A: "a", B: &b}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = thing.Update(t.Context(), keys, doc, func(o *thing.Thing) error {
		o.Config.B = nil
		return nil
	})
	if !errors.Is(err, eso.ErrInvalid) {
		t.Error("it unsets what its model requires", err)
	}
	_, err = thing.Update(t.Context(), keys, doc, func(o *thing.Thing) error {
		o.Config = thing.Config{A: "a"}
		return nil
	})
	if !errors.Is(err, eso.ErrInvalid) {
		t.Error("it replaces a value by one that lacks what its model requires", err)
	}
	doc.Model, doc.Attributes = 2, []byte(` + "`" + `{"config":{"a":"a"}}` + "`" + `)
	if _, err = thing.Update(t.Context(), keys, doc, func(o *thing.Thing) error {
		o.Config.A = "c"
		return nil
	}); err != nil {
		t.Error("it does not let be what the next release has left out", err)
	}
}
`
