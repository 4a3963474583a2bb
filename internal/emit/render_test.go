package emit

import (
	"testing"

	"github.com/dave/jennifer/jen"
	"github.com/stretchr/testify/assert"

	"github.com/esogen/esogen/internal/definition"
)

func TestSourceThatDoesNotParseIsShown(t *testing.T) {
	typ := &definition.Type{Name: "token", Write: 1, Models: []definition.Model{{Number: 1}}}
	_, err := plan(typ, Options{}).render(func(f *jen.File) {
		f.Comment("// fine")
		f.Id("func func")
	})
	assert.ErrorContains(t, err, "the generated source does not parse: ")
	assert.ErrorContains(t, err, "    7\tfunc func")
}

func TestImportsOfTheRuntimeStandApart(t *testing.T) {
	typ := &definition.Type{Name: "token", Write: 1, Models: []definition.Model{{Number: 1}}}
	g := plan(typ, Options{RuntimeImport: "corp/eso"})
	source, err := g.render(func(f *jen.File) {
		f.Var().Id("_").Qual("time", "Time")
		f.Var().Id("_").Add(g.eso("Ref"))
		f.Var().Id("_").Qual("context", "Context")
	})
	assert.NoError(t, err)
	assert.Contains(t, string(source), "import (\n\t\"context\"\n\t\"time\"\n\n\teso \"corp/eso\"\n)\n")
}

func TestNamesGiveWay(t *testing.T) {
	s := newScope("Seal")
	assert.Equal(t, "Open", s.take("Open", "TokenOpen"))
	assert.Equal(t, "TokenSeal", s.take("Seal", "TokenSeal"))
	assert.Equal(t, "TokenSeal2", s.take("Seal", "TokenSeal"))
	assert.Equal(t, "TokenSeal3", s.take("Seal", "TokenSeal"))
}

func TestParametersAreIdentifiers(t *testing.T) {
	for goName, want := range map[string]string{
		"Schedule": "schedule", "APIKey": "apiKey", "ID": "id", "Type": "typeValue", "String": "stringValue", "Time": "timeValue", "日本": "日本",
	} {
		assert.Equal(t, want, parameter(newScope(), &definition.Attribute{GoName: goName}))
	}
}
