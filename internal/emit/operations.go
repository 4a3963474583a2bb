package emit

import (
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/esogen/esogen/internal/definition"
)

// operationsFile has what the package does with documents: functions over one
// eso.Objects.
func (g *generator) operationsFile(f *jen.File) {
	g.objects(f)
	g.ref(f)
	g.seal(f)
	g.open(f)
	g.read(f)
	g.update(f)
	g.migrate(f)
	if len(g.patchable) > 0 {
		g.patchType(f)
	}
}

func (g *generator) objects(f *jen.File) {
	f.Add(say("Objects has the operations of this package as methods, for code that works on objects of any type."))
	method := func(name string) jen.Code { return jen.Parens(jen.Op("*").Id(g.object)).Dot(name) }
	f.Var().Id("Objects").Op("=").Add(g.eso("NewObjects")).Call(jen.Op("&").Id("definition"), method("read"), method("write"))
}

func (g *generator) ref(f *jen.File) {
	c := new(doc).say("Ref returns the identity of an object.")
	switch {
	case g.RandomID:
		c.say("Ids are UUIDs. Seal makes one if the id is empty.")
	default:
		c.say("Seal makes a random id if it is empty.")
	}
	var params []jen.Code
	values := []jen.Code{jen.Id("Type").Op(":").Id("Type"), jen.Id("ID").Op(":").Id("id")}
	if words := namespaceWords[g.Models[g.Write-1].Namespaces]; words != "" {
		c.say("%s", words)
		params = append(params, jen.Id("namespace"))
		values = slices.Insert(values, 0, jen.Code(jen.Id("Namespace").Op(":").Id("namespace")))
	}
	params = append(params, jen.Id("id").String())
	f.Line()
	f.Add(c.comment())
	f.Func().Id("Ref").Params(params...).Add(g.eso("Ref")).Block(jen.Return(g.eso("Ref").Values(values...)))
}

// namespaceWords say what the namespace of an object means, by the kind of the
// write model: kinds only become wider, so an announced model asks for no more.
// Objects of an agnostic type have none.
var namespaceWords = map[definition.Namespaces]string{
	definition.Single:           `The namespace is part of it; "default" and "" are the same.`,
	definition.MultipleIsolated: `The object exists in that namespace only, and its id is unique across namespaces; "default" and "" are the same.`,
	definition.Multiple:         `The object exists in that namespace and those it is shared with, and its id is unique across namespaces; "default" and "" are the same, and "*" means all.`,
}

func (g *generator) seal(f *jen.File) {
	c := new(doc).say("Seal makes the document of a new object at the write model: it fills in defaults, checks every value, and encrypts the secrets.")
	c.say("The error is an *eso.Error. It wraps eso.ErrRequired, eso.ErrInvalid, eso.ErrID, or eso.ErrStripped if a secret is not given.")
	g.operation(f, c, "Seal", "Document", param{"ref", g.eso("Ref")}, param{"object", jen.Op("*").Id(g.object)})
}

func (g *generator) open(f *jen.File) {
	c := new(doc).say("Open decrypts a document of any model that this release opens, and returns its attributes as the write model has them.")
	c.say("The error is an *eso.Error. It wraps eso.ErrTampered, eso.ErrMalformed, eso.ErrNoKey, eso.ErrModel or eso.ErrRequired.")
	g.operation(f, c, "Open", g.object, g.doc())
}

func (g *generator) read(f *jen.File) {
	var exposed []string
	for _, field := range g.fields {
		if field.Secret && slices.Contains(g.Exposes, field.Name) {
			exposed = append(exposed, field.goName)
		}
	}
	native, kibana := g.hasFormat(definition.Native), g.hasFormat(definition.Kibana)
	c := new(doc)
	switch {
	case len(exposed) > 0:
		c.say("Read is the normal read: Open without the secrets, which come out stripped, apart from %s.", strings.Join(exposed, ", "))
		if kibana {
			c.say("If those of the kibana format do not open, Read returns the object without any secret, and the error.")
		}
	case g.hasSecrets():
		c.say("Read is the normal read: Open without the secrets, which come out stripped.")
	default:
		c.say("Read is the normal read. It shows no secrets; this type has none.")
	}
	switch {
	case native && kibana:
		c.say("A document in the native format must open. Bound attributes of one in the kibana format are not verified.")
	case native:
		c.say("The document must open.")
	default:
		c.say("Bound attributes are not verified unless Read opens a secret.")
	}
	g.operation(f, c, "Read", g.object, g.doc())
	if kibana {
		c := new(doc).say("ReadVerified is Read, and fails unless the document opens: it shows no bound attribute that has changed since it was sealed.")
		g.operation(f, c, "ReadVerified", g.object, g.doc())
	}
	if native {
		c := new(doc).say("ReadUnverified is Read of a document that need not open. Nothing that it shows is verified. keys may be nil.")
		g.operation(f, c, "ReadUnverified", g.object, g.doc())
	}
}

func (g *generator) hasFormat(format definition.Format) bool {
	return slices.ContainsFunc(g.Models, func(m definition.Model) bool { return m.Format == format })
}

func (g *generator) hasSecrets() bool {
	return slices.ContainsFunc(g.fields, func(f *field) bool { return f.Secret })
}

func (g *generator) update(f *jen.File) {
	c := new(doc).say("Update opens a document, calls change on the object, and seals it again, at the write model or its own, whichever is higher.")
	c.say("What change leaves alone keeps its stored bytes and is not checked. If change fails, Update seals nothing and wraps its error.")
	g.operation(f, c, "Update", "Document", g.doc(), param{"change", jen.Func().Params(jen.Op("*").Id(g.object)).Error()})
}

func (g *generator) migrate(f *jen.File) {
	c := new(doc).say("Migrate brings a document below the write model up to it. It returns any other unchanged.")
	g.operation(f, c, "Migrate", "Document", g.doc())
	for from := max(g.Oldest, 1); from < g.Write; from++ {
		f.Line()
		f.Add(say("%s brings a document below model %d up to that model. It returns any other unchanged.", migration(from, from+1), from+1))
		f.Func().Id(migration(from, from+1)).Add(g.signature(g.eso("Document"), jen.Id("doc").Add(g.eso("Document")))).Block(
			jen.Return(jen.Id("definition.MigrateTo").Call(jen.Id("ctx"), jen.Id("keys"), jen.Id("doc"), jen.Lit(from+1))),
		)
	}
}

// param is a parameter of an operation.
type param struct {
	name string
	typ  *jen.Statement
}

func (g *generator) doc() param { return param{"doc", g.eso("Document")} }

// operation emits a function that hands its parameters to the method of that
// name.
func (g *generator) operation(f *jen.File, c *doc, name, result string, params ...param) {
	returns := jen.Op("*").Id(g.object)
	if result != g.object {
		returns = g.eso(result)
	}
	all, args := []jen.Code{}, []jen.Code{jen.Id("ctx"), jen.Id("keys")}
	for _, p := range params {
		all, args = append(all, jen.Id(p.name).Add(p.typ)), append(args, jen.Id(p.name))
	}
	f.Line()
	f.Add(c.comment())
	f.Func().Id(name).Add(g.signature(returns, all...)).Block(jen.Return(jen.Id("Objects").Dot(name).Call(args...)))
}

// signature is that of an operation: context and keyring first, the error
// last.
func (g *generator) signature(result jen.Code, params ...jen.Code) *jen.Statement {
	all := append([]jen.Code{jen.Id("ctx").Qual("context", "Context"), jen.Id("keys").Add(g.eso("Keyring"))}, params...)
	return jen.Params(all...).Params(result, jen.Error())
}

// patchType emits Patch, and the method that applies it.
func (g *generator) patchType(f *jen.File) {
	fields := g.patchable
	f.Line()
	f.Add(new(doc).say("Patch changes plain attributes. It decrypts nothing, as long as they are plain in the model of the document too.").say("%s", patchWords(fields)).comment())
	f.Type().Id("Patch").StructFunc(func(s *jen.Group) {
		for _, field := range fields {
			s.Id(field.goName).Add(g.changeType(field))
		}
	})
	f.Line()
	f.Add(say("Apply returns the document with the patch applied. keys may be nil if nothing has to be decrypted."))
	f.Func().Params(jen.Id("p").Id("Patch")).Id("Apply").Add(g.signature(g.eso("Document"), jen.Id("doc").Add(g.eso("Document")))).Block(
		jen.Return(jen.Id("Objects.Patch").Call(jen.Id("ctx"), jen.Id("keys"), jen.Id("doc"), jen.Id("p.Changes").Call())),
	)
	f.Line()
	f.Add(say("Changes returns the patch as a store takes it, tied to the type of its objects."))
	f.Func().Params(jen.Id("p").Id("Patch")).Id("Changes").Params().Add(g.eso("PatchOf")).Types(jen.Id(g.object)).Block(
		jen.Return(g.impl("NewPatch").Types(jen.Id(g.object)).Call(jen.Id("p.write"))),
	)
}

func patchWords(fields []*field) string {
	unsettable := func(f *field) bool { return f.Unsettable }
	switch i := slices.IndexFunc(fields, unsettable); {
	case i < 0:
		return "A nil field leaves its attribute alone."
	default:
		return "A zero field leaves its attribute alone; eso.Unset removes it."
	}
}

// changeType is the type of a field of Patch.
func (g *generator) changeType(f *field) *jen.Statement {
	if f.Unsettable {
		return g.eso("Change").Types(g.typeExpr(f.value))
	}
	return jen.Op("*").Add(g.typeExpr(f.value))
}

// patchWriter emits the method that writes what a patch changes.
func (g *generator) patchWriter(f *jen.File) {
	fields := g.patchable
	if len(fields) == 0 {
		return
	}
	f.Line()
	f.Func().Params(jen.Id("p").Id("Patch")).Id("write").Params(jen.Id("w").Op("*").Add(g.impl("Writer"))).BlockFunc(func(s *jen.Group) {
		s.Id("w.Begin").Call(g.impl("Source").Values())
		for _, field := range fields {
			function := "WriteGiven"
			if field.Unsettable {
				function = "WriteChange"
			}
			s.Add(g.impl(function)).Call(jen.Id("w"), stringLit(field.Name), jen.Id("p."+field.goName), g.writer(field.value))
		}
		s.Id("w.End").Call()
	})
}
