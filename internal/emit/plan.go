package emit

import (
	"cmp"
	"fmt"
	"slices"

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

	cores     []*core
	plain     map[string]*core  // of values without rules, by the method that writes them
	types     []*namedType      // in the order in which they are needed
	patterns  map[string]string // variables by pattern
	variables []jen.Code        // their declarations
	before    []*older          // models of which the code has a struct
	steps     []step

	pending []function // that the current file still lacks
}

// field is an attribute of the write model.
type field struct {
	definition.Field
	goName string
	value  shape
}

// older is a model before the write model, as computed values see it.
type older struct {
	*definition.Model
	name   string
	fields []*field
}

// step is what convert.go is asked for by one model.
type step struct {
	*definition.Model
	computed map[string]computation
	renamed  map[string]conversion // by new name
}

type computation struct {
	function string
	before   *older
	value    shape
}

type conversion struct {
	up, down string
	old, new shape
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
		plain:       map[string]*core{},
	}
	for number := 1; number <= len(t.Models); number++ {
		g.identifiers[fmt.Sprintf("Model%d", number)] = true
		g.identifiers[migration(number, number+1)] = true
		for _, variable := range []string{modelVariable(number), renamesVariable(number), computationsVariable(number)} {
			g.helpers[variable] = true
		}
	}
	name := t.ObjectName()
	g.object = g.identifiers.take(name, name+"Object")

	goNames := newScope("MarshalJSON", "UnmarshalJSON", "Apply", "Changes")
	for _, f := range definition.Fields(t) {
		goName := fieldName(goNames, &f.Attribute)
		g.fields = append(g.fields, &field{f, goName, g.shape(f.Value, f.Narrow, goName, place(f.Name))})
		if f.Patchable && !f.Secret {
			g.patchable = append(g.patchable, g.fields[len(g.fields)-1])
		}
	}
	g.planFilters()
	for i := range t.Models {
		g.planStep(&t.Models[i])
	}
	return g
}

func place(attribute string) string { return fmt.Sprintf("the attribute %q", attribute) }

// fieldName returns the name of a struct field.
func fieldName(taken scope, a *definition.Attribute) string {
	name := cmp.Or(a.FieldName(), "Field")
	return taken.take(name, name+"Field")
}

// planStep finds out what the step to a model needs of convert.go. A model that
// is only announced is never produced, and none below the oldest is ever read.
func (g *generator) planStep(m *definition.Model) {
	s := step{m, map[string]computation{}, map[string]conversion{}}
	if m.Number > max(g.Oldest, 1) {
		for _, r := range m.Renamed {
			if r.Convert {
				s.renamed[r.New] = g.planConversion(m, r)
			}
		}
		for _, name := range m.Computed {
			if a := m.Attribute(name); a != nil && m.Number <= g.Write {
				goName := a.FieldName()
				function := g.helpers.take(fmt.Sprintf("compute%s%d", goName, m.Number))
				s.computed[name] = computation{function, g.olderModel(m.Number - 1), g.shape(a.Value, nil, goName, place(a.Name))}
			}
		}
	}
	g.steps = append(g.steps, s)
}

func (g *generator) planConversion(m *definition.Model, r definition.Rename) conversion {
	old, now := g.Model(m.Number-1).Attribute(r.Old), m.Attribute(r.New)
	goName := now.FieldName()
	return conversion{
		up:      g.helpers.take(fmt.Sprintf("convert%s%d", goName, m.Number)),
		down:    g.helpers.take(fmt.Sprintf("revert%s%d", goName, m.Number)),
		old:     g.shape(old.Value, nil, old.FieldName(), place(old.Name)),
		new:     g.shape(now.Value, nil, goName, place(now.Name)),
		oldName: parameter(old.FieldName()),
		newName: parameter(goName),
	}
}

// olderModel returns the struct of a model, which is made once.
func (g *generator) olderModel(number int) *older {
	for _, o := range g.before {
		if o.Number == number {
			return o
		}
	}
	m := g.Model(number)
	o := &older{Model: m, name: fmt.Sprintf("Model%d", number)}
	goNames := newScope()
	for _, a := range m.Attributes {
		f := definition.Field{Attribute: a, Role: m.Role(a.Name), Pointer: a.Optional}
		f.Secret = f.Role == definition.Encrypted
		goName := fieldName(goNames, &f.Attribute)
		o.fields = append(o.fields, &field{f, goName, g.shape(a.Value, nil, goName, place(a.Name))})
	}
	g.before = append(g.before, o)
	return o
}

// migrates tells whether there is a migrate.go.
func (g *generator) migrates() bool {
	for _, s := range g.steps {
		if len(s.computed) > 0 || len(s.renamed) > 0 {
			return true
		}
	}
	return false
}

func migration(from, to int) string { return fmt.Sprintf("Migrate%dTo%d", from, to) }

// eso refers to an identifier of the runtime.
func (g *generator) eso(name string) *jen.Statement { return jen.Qual(g.runtime, name) }

// function reads or writes a value.
type function struct {
	*core
	name string
	emit func(name string) jen.Code
}

// flush emits the functions that the file still lacks, and those that they need
// in turn: value by value, in the order in which they were needed, the reading
// one before the writing one.
func (g *generator) flush(f *jen.File) {
	byValue := map[*core][]function{}
	source := map[string]jen.Code{}
	var values []*core
	for i := 0; i < len(g.pending); i++ { // grows meanwhile
		next := g.pending[i]
		if byValue[next.core] == nil {
			values = append(values, next.core)
		}
		byValue[next.core] = append(byValue[next.core], next)
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
