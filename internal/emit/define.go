package emit

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/esogen/esogen/internal/definition"
)

// definitionFile has the definition that the runtime works from: a variable
// per model, in the order of the spec.
func (g *generator) definitionFile(f *jen.File) {
	f.Add(say(`This code needs a runtime of the same version. If this line does not compile, generate again with the version of esogen in go.mod.`))
	f.Const().Id("_").Op("=").Add(g.impl("GeneratedCodeIsVersion2"))
	f.Line()
	f.Add(say("Type is the name of the type."))
	f.Const().Id("Type").Op("=").Add(stringLit(g.Name))
	f.Line()
	f.Add(say("fingerprint is the sha256 of the golden definition from which this code was generated."))
	f.Const().Id("fingerprint").Op("=").Add(stringLit(g.Options.Fingerprint))
	f.Line()
	f.Var().Id("definition").Op("=").Add(g.eso("Definition")).Add(valuesOf(g.definition(), true))
	for i := range g.steps {
		s := &g.steps[i]
		f.Line()
		c := new(doc)
		if s.Number > g.Write {
			c.say("Announced: this release opens and maintains documents of model %d, and makes none.", s.Number)
		}
		if c.quote(s.Doc); !c.empty() {
			f.Add(c.comment())
		}
		f.Var().Id(modelVariable(s.Number)).Op("=").Add(g.eso("Model")).Add(valuesOf(g.model(s), true))
	}
}

func modelVariable(number int) string { return fmt.Sprintf("model%d", number) }

// The parts of a model that call convert.go are variables of migrate.go. So the
// first thing that a compiler says is missing stands on the line that shows its
// signature.
func renamesVariable(number int) string      { return fmt.Sprintf("renames%d", number) }
func computationsVariable(number int) string { return fmt.Sprintf("computations%d", number) }

func (g *generator) definition() []jen.Code {
	models := make([]jen.Code, len(g.Models))
	for i := range g.Models {
		models[i] = jen.Id(modelVariable(i + 1))
	}
	values := []jen.Code{jen.Id("Type").Op(":").Id("Type")}
	if g.RandomID {
		values = append(values, jen.Id("RandomID").Op(":").True())
	}
	values = append(values, jen.Id("Write").Op(":").Lit(g.Write))
	if g.Oldest > 1 {
		values = append(values, jen.Id("Oldest").Op(":").Lit(g.Oldest))
	}
	if len(g.Exposes) > 0 {
		values = append(values, jen.Id("Exposes").Op(":").Add(stringsLit(g.Exposes)))
	}
	if g.Flag != "" {
		values = append(values, jen.Id("Flag").Op(":").Add(stringLit(g.Flag)))
	}
	return append(values, jen.Id("Models").Op(":").Add(g.impl("Models")).Call(models...))
}

// model returns the fields of the literal of one model: like the spec, what it
// adds to or changes in the model before.
func (g *generator) model(s *step) []jen.Code {
	var before definition.Model
	if s.Number > 1 {
		before = g.Models[s.Number-2]
	}
	var values []jen.Code
	if s.Format != before.Format {
		values = append(values, jen.Id("Format").Op(":").Add(g.eso(formatName[s.Format])))
	}
	if s.Namespaces != before.Namespaces {
		values = append(values, jen.Id("Namespaces").Op(":").Add(g.eso(namespacesName[s.Namespaces])))
	}
	if len(s.Declared) > 0 {
		values = append(values, jen.Id("Attributes").Op(":").Index().Add(g.eso("Attribute")).Add(valuesOf(attributes(s.Declared), true)))
	}
	if s.StatesEncrypted {
		values = append(values, jen.Id("Encrypted").Op(":").Add(stringsLit(s.Encrypted)))
	}
	if s.StatesAAD {
		values = append(values, jen.Id("AAD").Op(":").Add(stringsLit(s.AAD)))
	}
	if len(s.Removed) > 0 {
		values = append(values, jen.Id("Removed").Op(":").Add(stringsLit(s.Removed)))
	}
	switch {
	case s.converts():
		values = append(values, jen.Id("Renamed").Op(":").Id(renamesVariable(s.Number)))
	case len(s.Renamed) > 0:
		values = append(values, jen.Id("Renamed").Op(":").Add(g.renames(s)))
	}
	if s.computes() {
		values = append(values, jen.Id("Computed").Op(":").Id(computationsVariable(s.Number)))
	}
	if len(s.Backfill) > 0 {
		values = append(values, jen.Id("Backfill").Op(":").Index().Add(g.eso("Backfill")).Add(valuesOf(backfills(s.Backfill), true)))
	}
	return values
}

var (
	formatName     = map[definition.Format]string{definition.Kibana: "Kibana", definition.Native: "Native"}
	namespacesName = map[definition.Namespaces]string{
		definition.Single: "Single", definition.Multiple: "Multiple",
		definition.MultipleIsolated: "MultipleIsolated", definition.Agnostic: "Agnostic",
	}
)

func attributes(list []definition.Attribute) []jen.Code {
	rows := make([]jen.Code, len(list))
	for i, a := range list {
		row := []jen.Code{jen.Id("Name").Op(":").Add(stringLit(a.Name))}
		if a.Optional {
			row = append(row, jen.Id("Optional").Op(":").True())
		}
		if a.Value.Nullable {
			row = append(row, jen.Id("Nullable").Op(":").True())
		}
		if a.Default != "" {
			row = append(row, jen.Id("Default").Op(":").Add(stringLit(a.Default)))
		}
		rows[i] = jen.Values(row...)
	}
	return rows
}

func (g *generator) renames(s *step) *jen.Statement {
	rows := make([]jen.Code, len(s.Renamed))
	for i, r := range s.Renamed {
		row := []jen.Code{jen.Id("New").Op(":").Add(stringLit(r.New)), jen.Id("Old").Op(":").Add(stringLit(r.Old))}
		c := s.renamed[r.New]
		if c.needed {
			row = append(row,
				jen.Id("Up").Op(":").Add(g.impl("Converting")).Call(g.reader(c.old), jen.Id(c.up), g.writer(c.new)),
				jen.Id("Down").Op(":").Add(g.impl("Converting")).Call(g.reader(c.new), jen.Id(c.down), g.writer(c.old)),
			)
		}
		rows[i] = valuesOf(row, c.needed)
	}
	return jen.Index().Add(g.eso("Rename")).Add(valuesOf(rows, true))
}

// computations are the functions that the runtime asks. What pins outputs of
// handwritten functions finds them here, as functions of JSON texts: Compute.From,
// Rename.Up and Rename.Down.
func (g *generator) computations(s *step) *jen.Statement {
	var rows []jen.Code
	for _, declared := range s.Computed {
		c := s.computed[declared.Name]
		if !c.needed {
			continue
		}
		arguments := make([]jen.Code, len(c.inputs))
		for i, in := range c.inputs {
			read := "Input"
			if in.optional {
				read = "OptionalInput"
			}
			arguments[i] = g.impl(read).Call(jen.Id("in"), jen.Lit(i), g.reader(in.value))
		}
		compute := jen.Func().Params(jen.Id("in").Op("*").Add(g.impl("Inputs"))).Add(g.typeExpr(c.value)).
			Block(jen.Return(jen.Id(c.function).Call(arguments...)))
		rows = append(rows, valuesOf([]jen.Code{
			jen.Id("Name").Op(":").Add(stringLit(declared.Name)),
			jen.Id("Inputs").Op(":").Add(stringsLit(declared.Inputs)),
			jen.Id("From").Op(":").Add(g.impl("Computing")).Call(compute, g.writer(c.value)),
		}, true))
	}
	return jen.Index().Add(g.eso("Compute")).Add(valuesOf(rows, true))
}

func backfills(list []definition.Backfill) []jen.Code {
	rows := make([]jen.Code, len(list))
	for i, b := range list {
		rows[i] = jen.Values(jen.Id("Name").Op(":").Add(stringLit(b.Name)), jen.Id("Value").Op(":").Add(stringLit(b.Value)))
	}
	return rows
}
