package rollout

import (
	_ "embed"
	"slices"
	"strings"
)

// Sources of this package that are part of the tests of some traces.
var (
	//go:embed nested.go
	nestedSource string
	//go:embed sealedit.go
	sealSource string
)

// below returns what stands below the line in a source.
func below(source string) string {
	_, text, _ := strings.Cut(source, "// ---\n")
	return text
}

// tellsOfParts tells whether the trace changes a part of a nested value, or
// ends at one.
func (t *traceTest) tellsOfParts() bool {
	parts := func(s *state) bool { return len(s.step.change.way) > 0 }
	if slices.ContainsFunc(t.steps, parts) {
		return true
	}
	return slices.ContainsFunc(t.player.fields, func(f field) bool {
		return f.Name == t.attribute && t.play.tokens[f.fact].nested
	})
}

// helpers returns the rest of the test. Where nested values are changed in part,
// that is done by what the simulator does it with.
func (t *traceTest) helpers() string {
	switch {
	case t.header:
		return traceHelpers + below(sealSource)
	case !t.nested:
		return traceHelpers
	}
	return strings.NewReplacer(
		"as its Go type is read\n", "as its Go type is read\n\tshape *shape\n",
		"source eso.Source\n}", "source eso.Source\n\tedited map[string]any // values of which a part was changed\n}",
		"case !ok:\n", "case o.edited[f.name] != nil && f.secret:\n"+
			"eso.WriteSecret(w, f.name, eso.NewSecret(o.edited[f.name]), f.shape.write)\n"+
			"case o.edited[f.name] != nil:\n"+
			"f.shape.write(w.Member(f.name), o.edited[f.name])\n"+
			"case !ok:\n",
	).Replace(traceHelpers) + nestedHelpers + below(nestedSource)
}

const nestedHelpers = `
// edit changes a part of a nested value.
func (o *object) edit(fields []field, name string, way []hop, text string) error {
	for _, f := range fields {
		if f.name != name {
			continue
		}
		v, err := f.shape.parse(string(o.values[name]))
		if err != nil {
			return err
		}
		v, err = f.shape.edit(v, way, text)
		o.edited = map[string]any{name: v}
		return err
	}
	return eso.ErrInvalid
}

func updatePart(ctx context.Context, o *eso.Objects[object], fields []field, keys eso.Keyring, doc eso.Document, name string, way []hop, text string) (eso.Document, error) {
	return o.Update(ctx, keys, doc, func(o *object) error { return o.edit(fields, name, way, text) })
}

// patchPart patches with a value that was read, and changed in part.
func patchPart(ctx context.Context, o *eso.Objects[object], fields []field, keys eso.Keyring, doc eso.Document, name string, way []hop, text string) (eso.Document, error) {
	read, err := o.Read(ctx, keys, doc)
	if err != nil {
		return doc, err
	}
	if err := read.edit(fields, name, way, text); err != nil {
		return doc, err
	}
	return o.Patch(ctx, keys, doc, func(w *eso.Writer) {
		for _, f := range fields {
			if f.name == name {
				f.shape.write(w.Member(name), read.edited[name])
			}
		}
	})
}

`
