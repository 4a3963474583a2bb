package emit

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/dave/jennifer/jen"

	"github.com/esogen/esogen/internal/definition"
)

// generator holds what the files of one package share. All names are chosen
// before anything is emitted.
type generator struct {
	*definition.Type
	Options
	runtime string

	object string // the name of the struct
	write  *definition.Model
	fields []*field

	patchable []*field   // those that a patch may hold
	findable  []findable // those that a filter may ask for

	identifiers scope // exported ones
	helpers     scope // unexported ones

	goTypes   []*goType
	plain     map[string]*goType // of values without rules, by the method that writes them
	types     []*namedType       // in the order of their need
	patterns  map[string]string  // variables by pattern
	variables []jen.Code         // their declarations
	steps     []step
	suffix    string // behind the names of types, while those of handwritten functions are planned

	pending []function // that the current file still lacks
}

// field is an attribute of the write model.
type field struct {
	definition.Field
	goName   string
	value    goValue
	computed bool // creation computes it if the object has none
}

// step is what convert.go is asked for by one model. What is not needed it may
// have all the same.
type step struct {
	*definition.Model
	computed map[string]computation
	renamed  map[string]conversion // by new name
}

// computation is a function that computes an attribute.
type computation struct {
	needed   bool
	function string
	inputs   []input
	value    goValue
}

// input is a parameter of such a function.
type input struct {
	name      string // the attribute, in the model before
	parameter string
	optional  bool
	value     goValue
}

type conversion struct {
	needed   bool
	up, down string
	old, new goValue
	oldName  string // the parameter of up
	newName  string // the parameter of down
}

func plan(t *definition.Type, o Options) *generator {
	g := &generator{
		Type: t, Options: o, runtime: cmp.Or(o.RuntimeImport, RuntimeImport),
		write:       t.Model(t.Write),
		identifiers: newScope(takenNames...),
		helpers:     newScope("definition", "suite"),
		patterns:    map[string]string{},
		plain:       map[string]*goType{},
	}
	for number := 1; number <= len(t.Models); number++ {
		g.identifiers[migration(number, number+1)] = true
		for _, variable := range []string{modelVariable(number), renamesVariable(number), computationsVariable(number)} {
			g.helpers[variable] = true
		}
	}
	name := t.ObjectName()
	g.object = g.identifiers.take(name, name+"Object")

	for i := range t.Models { // first: their names do not depend on the model that is written
		g.planStep(&t.Models[i])
	}

	goNames := newScope("MarshalJSON", "UnmarshalJSON", "Apply", "Changes")
	for _, f := range definition.Fields(t) {
		goName := fieldName(goNames, &f.Attribute)
		computed := g.createsComputed(f.Name)
		if computed {
			f.Default = "" // a new object leaves it to the function
		}
		value := g.goValue(f.Value, f.Narrow, goName, place(f.Name))
		if !f.Secret {
			value.occursInClear()
		}
		g.fields = append(g.fields, &field{f, goName, value, computed})
		if f.Patchable && !f.Secret {
			g.patchable = append(g.patchable, g.fields[len(g.fields)-1])
		}
	}
	g.planFilters()
	g.planRedaction()
	return g
}

func place(attribute string) string { return fmt.Sprintf("the attribute %q", attribute) }

// fieldName returns the name of a struct field.
func fieldName(taken scope, a *definition.Attribute) string {
	name := cmp.Or(a.FieldName(), "Field")
	return taken.take(name, name+"Field")
}

// planStep finds out what convert.go has to have for the step to a model. It does
// not depend on the model that is written: a release that announces a model
// has its functions already, so that one convert.go serves both. Where the
// oldest model is past the step, the functions may still stand there, and the
// types that they speak of are there too.
func (g *generator) planStep(m *definition.Model) {
	s := step{m, map[string]computation{}, map[string]conversion{}}
	for _, r := range m.Renamed {
		if r.Convert {
			s.renamed[r.New] = g.planConversion(m, r)
		}
	}
	for _, c := range m.Computed {
		if a := m.Attribute(c.Name); a != nil {
			s.computed[c.Name] = g.planComputation(m, c, a)
		}
	}
	g.steps = append(g.steps, s)
}

func (g *generator) planConversion(m *definition.Model, r definition.Rename) conversion {
	before := g.Model(m.Number - 1)
	old, now := before.Attribute(r.Old), m.Attribute(r.New)
	parameters := newScope()
	return conversion{
		needed:  m.Number > g.Oldest || g.readBack(m.Number, r),
		up:      g.helpers.take(fmt.Sprintf("convert%s%d", now.FieldName(), m.Number)),
		down:    g.helpers.take(fmt.Sprintf("revert%s%d", now.FieldName(), m.Number)),
		old:     g.functionShape(before, old),
		new:     g.functionShape(m, now),
		oldName: parameter(parameters, old),
		newName: parameter(newScope(), now),
	}
}

func (g *generator) planComputation(m *definition.Model, c definition.Compute, a *definition.Attribute) computation {
	out := computation{
		needed:   m.Number > g.Oldest || g.keptInStep(m.Number, c),
		function: g.helpers.take(fmt.Sprintf("compute%s%d", a.FieldName(), m.Number)),
	}
	before, parameters := g.Model(m.Number-1), newScope()
	for _, name := range c.Inputs {
		if in := before.Attribute(name); in != nil {
			out.inputs = append(out.inputs, input{name, parameter(parameters, in), in.Optional, g.functionShape(before, in)})
		}
	}
	out.value = g.functionShape(m, a)
	return out
}

// functionShape is the Go form of an attribute in the signature of a handwritten
// function. Enums and structs have types of their own there, with the number of
// the model behind their names: those of the objects change with the model that
// is written.
func (g *generator) functionShape(m *definition.Model, a *definition.Attribute) goValue {
	g.suffix = strconv.Itoa(m.Number)
	defer func() { g.suffix = "" }()
	value := g.goValue(a.Value, nil, a.FieldName()+g.suffix, fmt.Sprintf("%s in model %d", place(a.Name), m.Number))
	if !g.encryptedFrom(m.Number, a.Name) {
		value.occursInClear()
	}
	return value
}

// keptInStep reports whether documents of the oldest model still have a computed
// attribute, and all that it is computed from.
func (g *generator) keptInStep(number int, c definition.Compute) bool {
	_, kept := g.computedAs(number, c, g.Oldest)
	return kept
}

// computedAs returns the name of a computed attribute of a model in another one,
// or in its own if that one is older. It reports false if the attribute, or any
// that it is computed from, is not there.
func (g *generator) computedAs(number int, c definition.Compute, in int) (string, bool) {
	for _, name := range c.Inputs {
		if _, kept := g.NameAt(name, number-1, max(in, number-1)); !kept {
			return "", false
		}
	}
	return g.NameAt(c.Name, number, max(in, number))
}

// createsComputed reports whether creation computes an attribute of the write
// model that an object does not give.
func (g *generator) createsComputed(name string) bool {
	for n := 2; n <= g.Write; n++ {
		for _, c := range g.Model(n).Computed {
			if at, kept := g.computedAs(n, c, g.Write); kept && at == name {
				return true
			}
		}
	}
	return false
}

// readBack reports whether a conversion lies between a computed attribute that is
// kept in step, or what it is computed from, and the documents.
func (g *generator) readBack(number int, r definition.Rename) bool {
	passes := func(name string, from int) bool { // the attribute of model from
		if from >= number {
			return false
		}
		at, kept := g.NameAt(name, from, number-1)
		return kept && at == r.Old
	}
	for n := 2; n <= number; n++ {
		for _, c := range g.Model(n).Computed {
			if g.keptInStep(n, c) && (passes(c.Name, n) || slices.ContainsFunc(c.Inputs, func(name string) bool { return passes(name, n-1) })) {
				return true
			}
		}
	}
	return false
}

// migrates reports whether there is a migrate.go.
func (g *generator) migrates() bool {
	return slices.ContainsFunc(g.steps, func(s step) bool { return s.computes() || s.converts() || s.namesTypes() })
}

func (s *step) computes() bool {
	for _, c := range s.computed {
		if c.needed {
			return true
		}
	}
	return false
}

func (s *step) converts() bool {
	for _, c := range s.renamed {
		if c.needed {
			return true
		}
	}
	return false
}

// namesTypes reports whether a signature has a type of the package.
func (s *step) namesTypes() bool {
	for _, c := range s.renamed {
		if named(c.old.goType) || named(c.new.goType) {
			return true
		}
	}
	for _, c := range s.computed {
		if named(c.value.goType) || slices.ContainsFunc(c.inputs, func(in input) bool { return named(in.value.goType) }) {
			return true
		}
	}
	return false
}

func named(c *goType) bool { return c != nil && (c.typ != nil || named(c.elem.goType)) }

func migration(from, to int) string { return fmt.Sprintf("Migrate%dTo%d", from, to) }

// eso refers to an identifier of the runtime.
func (g *generator) eso(name string) *jen.Statement { return jen.Qual(g.runtime, name) }

// impl refers to an identifier of what only generated code calls.
func (g *generator) impl(name string) *jen.Statement { return jen.Qual(g.runtime+"/esoimpl", name) }

// function reads or writes a value.
type function struct {
	*goType
	name string
	emit func(name string) jen.Code
}

// flush emits the functions that the file still lacks, and those that they need
// in turn: value by value, in the order in which they were needed, the reading
// one before the writing one.
func (g *generator) flush(f *jen.File) {
	byValue := map[*goType][]function{}
	source := map[string]jen.Code{}
	var values []*goType
	for i := 0; i < len(g.pending); i++ { // grows meanwhile
		next := g.pending[i]
		if byValue[next.goType] == nil {
			values = append(values, next.goType)
		}
		byValue[next.goType] = append(byValue[next.goType], next)
		source[next.name] = next.emit(next.name)
	}
	g.pending = nil
	for _, c := range values {
		slices.SortFunc(byValue[c], func(a, b function) int { return cmp.Compare(a.name, b.name) })
		for _, next := range byValue[c] {
			f.Line()
			f.Add(source[next.name])
		}
	}
}
