package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/esogen/esogen/internal/definition"
)

// testFile has the tests of the package. They are one line each: what they do
// is the same for every type, and is in runtime/esotest.
func (g *generator) testFile(f *jen.File) {
	esotest := g.runtime + "/esotest"
	f.Add(say("These tests compare the package with its reviewed golden files: see package esotest."))
	values := []jen.Code{
		jen.Id("Objects").Op(":").Id("Objects"),
		jen.Id("Golden").Op(":").Add(stringLit(g.GoldenDir)),
		jen.Id("Fingerprint").Op(":").Id("fingerprint"),
	}
	if file := definition.FileName(g.Name); file != g.Name {
		values = append(values, jen.Id("File").Op(":").Add(stringLit(file)))
	}
	f.Var().Id("suite").Op("=").Qual(esotest, "Suite").Types(jen.Id(g.object)).Add(valuesOf(values, true))
	f.Line()
	for _, name := range []string{"Definition", "GoldenDocuments", "RoundTrip", "UpgradeAndRollback", "Pins", "Documents", "Tampering"} {
		f.Func().Id("Test"+name).Params(jen.Id("t").Op("*").Qual("testing", "T")).Custom(jen.Options{Open: "{ ", Close: " }"}, jen.Id("suite").Dot(name).Call(jen.Id("t")))
	}
}
