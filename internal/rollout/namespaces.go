package rollout

import (
	"fmt"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// A search asks whether a document opens, not who finds it. This one asks only
// that: an object is an id, its namespaces, and the model that says what they
// mean. It needs neither attributes nor keys, and is the same in both formats.
//
// It plays two releases: one that writes a model, and one that writes a later
// model, or declares that model differently. Both must find every object from
// wherever it was found before. Each uses the kind of namespaces of the object's
// own model; a release that does not know that model relies on the row.

// narrowed returns the finding of a type whose objects are lost for a namespace
// because a model of the new release changes their kind of namespaces, or nil. It
// looks at every model that a document may have, and every later one that the new
// release declares, announced ones included: to narrow a kind is as bad in two
// releases as in one.
func narrowed(c Case) *Finding {
	t := c.New.Type
	if t == nil {
		return nil
	}
	for i := range t.Models {
		later := &t.Models[i]
		if later.Number < t.Oldest {
			continue
		}
		for _, w := range authors(c, later.Number) {
			if steps := strand(w.kind, later.Namespaces); steps != nil {
				return found(c, w, later, steps)
			}
		}
	}
	return nil
}

// unreached returns the finding of a running release whose identities include the
// namespace, and that does not know a model of the new release whose identities
// do not; or nil. The seal of the native format says whether the namespace is
// bound, so an object of that model would open; but the running release looks for
// it under the identity that it knows, and takes the id to be free.
func unreached(c Case) *Finding {
	i := c.running()
	if i < 0 || c.History[i].Type == nil || c.New.Type == nil {
		return nil
	}
	before, now := c.History[i].Type, c.New.Type
	knows, writes := &before.Models[len(before.Models)-1], &now.Models[now.Write-1]
	if writes.Number <= knows.Number || knows.Namespaces != definition.Single || writes.Namespaces == definition.Single {
		return nil
	}
	created := fmt.Sprintf("creates an object of model %d, which is %q, in namespace %q", writes.Number, writes.Namespaces, here)
	if writes.Namespaces == definition.Agnostic {
		created = fmt.Sprintf("creates an object of model %d, which is %q: it is in no namespace", writes.Number, writes.Namespaces)
	}
	suffers := Party{Name: c.History[i].Name, Title: c.title(i)}
	by := Party{Name: c.New.Name, Title: "new", New: true}
	return &Finding{
		Promise: 1, Kind: DescriptorDiffers, Type: now.Name, Model: writes.Number, Release: suffers, By: by,
		Baseline: suffers.Name, WasKind: knows.Namespaces, IsKind: writes.Namespaces,
		Trace: []Step{
			{Release: by.Title, Op: "create", Model: writes.Number, Sets: writes.Number},
			{Release: suffers.Title, Op: "open", Model: writes.Number, Sets: knows.Number},
		},
		Lines: []string{
			fmt.Sprintf("1. %s %s", by.Title, created),
			fmt.Sprintf("2. %s looks for it from namespace %q, and does not find it: it does not know model %d and goes by model %d, which is %q: the namespace is part of the identity",
				suffers.Title, here, writes.Number, knows.Number, knows.Namespaces),
			fmt.Sprintf("promise 1 is broken for %s (%s): the object is out of reach, and its id looks free", suffers.Title, promises[1]),
		},
	}
}

// author is a release that may have written documents of a model, with its kind of
// namespaces.
type author struct {
	name, title string // of the release; the name is "" if no release of the case writes the model
	model       int
	kind        definition.Namespaces
}

// authors returns the authors of the documents that a release writing the model of
// that number meets: the running release first, then the others, newest first,
// then unnamed ones for the models between.
func authors(c Case, number int) []author {
	var list []author
	running, oldest := c.running(), max(c.New.Type.Oldest, 1)
	add := func(i int) {
		r := c.History[i]
		for m := min(r.Type.Write, number); m >= oldest; m-- {
			w := author{model: m, kind: r.Type.Models[m-1].Namespaces, title: anyWriter(m)}
			if m == r.Type.Write {
				w.name, w.title = r.Name, c.title(i)
			}
			list = append(list, w)
		}
	}
	if running >= 0 && c.History[running].Type != nil {
		add(running)
	}
	for i, r := range slices.Backward(c.History) {
		if i != running && r.Type != nil {
			add(i)
		}
	}
	for m := number - 1; m >= oldest; m-- {
		list = append(list, author{model: m, kind: c.New.Type.Models[m-1].Namespaces, title: anyWriter(m)})
	}
	return list
}

func anyWriter(model int) string { return fmt.Sprintf("a release that writes model %d", model) }

// title is what a trace calls a release of the history.
func (c Case) title(i int) string {
	switch r := c.History[i]; {
	case i == c.running():
		return r.Name + " (running)"
	case r.Withdrawn:
		return r.Name + " (withdrawn)"
	default:
		return r.Name + " (earlier)"
	}
}

// placed is an object as far as namespaces go.
type placed struct {
	later bool   // it has the later model
	home  string // the namespace it was created in, or ""
	in    string // the namespaces of its list, if its kind has one
	held  string // where it is found
}

// The two namespaces of the search, and all of them.
const (
	here, there = "a", "b"
	everywhere  = here + there
)

// gesture is an operation of this search.
type gesture struct {
	later bool // the release that writes the later model does it
	op    string
	at    string // the namespace, or ""
}

// situation is a state of this search: objects of one type and one id, in the order
// of their creation.
type situation struct {
	objects []placed
	done    []gesture
}

// strand searches, breadth first, for a sequence of operations after which an
// object is not found. It returns the shortest, with the look-up that does not
// find it, or nil. It tries a second object of the same id only if one alone is
// always found.
func strand(earlier, later definition.Namespaces) []gesture {
	for objects := 1; objects <= 2; objects++ {
		p := placing{earlier, later, objects}
		frontier := []situation{{}}
		for range 4 { // two creations, a share and a migration: after these nothing is new
			var next []situation
			for _, s := range frontier {
				for _, n := range p.moves(s) {
					if lost := p.lost(n); lost != nil {
						return append(n.done, *lost)
					}
					next = append(next, n)
				}
			}
			frontier = next
		}
	}
	return nil
}

// placing is a search with two kinds.
type placing struct {
	earlier, later definition.Namespaces
	most           int // how many objects there may be
}

// kind returns the kind of namespaces of the objects that a release writes, or that
// were migrated to its model.
func (p placing) kind(later bool) definition.Namespaces {
	if later {
		return p.later
	}
	return p.earlier
}

func (p placing) moves(s situation) []situation {
	var list []situation
	add := func(g gesture, objects []placed) {
		list = append(list, situation{objects, append(slices.Clip(s.done), g)})
	}
	with := func(i int, o placed) []placed {
		objects := slices.Clone(s.objects)
		objects[i] = o
		return objects
	}
	for _, later := range []bool{false, true} {
		for i, o := range s.objects {
			if p.kind(o.later) == definition.Multiple && p.reached(o, here) && !strings.Contains(o.in, there) {
				shared := o
				shared.in, shared.held = o.in+there, o.held+there
				add(gesture{later, "share", there}, with(i, shared))
			}
			if later && !o.later {
				add(gesture{later, "migrate", ""}, with(i, p.moved(o)))
			}
		}
		for _, at := range []string{here, there} {
			if len(s.objects) < p.most && (len(s.objects) > 0 || at == here) && !p.taken(later, s.objects, at) {
				add(gesture{later, "create", at}, append(slices.Clone(s.objects), p.created(later, at)))
			}
		}
	}
	return list
}

// created returns a new object.
func (p placing) created(later bool, at string) placed {
	o := placed{later: later, home: at, in: at, held: at}
	if p.kind(later) == definition.Agnostic {
		o.home, o.in, o.held = "", "", everywhere
	}
	return o
}

// moved returns an object after its migration. It stays where it was created; one
// that was everywhere is in no namespace.
func (p placing) moved(o placed) placed {
	o.later = true
	if p.earlier != definition.Multiple {
		o.in = o.home
	}
	if p.later == definition.Agnostic {
		o.held = everywhere
	}
	return o
}

// taken reports whether a release refuses to create an object under the id. If the
// namespace is part of the identity, another namespace may use the same id. If
// only the earlier identity has the namespace, ids are unique without it: that is
// the condition for such a change.
func (p placing) taken(later bool, objects []placed, at string) bool {
	if p.kind(later) != definition.Single || !later && p.later != definition.Single {
		return len(objects) > 0
	}
	return slices.ContainsFunc(objects, func(o placed) bool { return p.reached(o, at) })
}

// reached reports whether the kind of an object lets a namespace find it.
func (p placing) reached(o placed, from string) bool {
	switch p.kind(o.later) {
	case definition.Agnostic:
		return true
	case definition.Multiple:
		return strings.Contains(o.in, from)
	default:
		return o.home == from
	}
}

// finds reports whether a release finds an object from a namespace. A release for
// which type and id are the identity knows one object of that id.
func (p placing) finds(later bool, objects []placed, i int, from string) bool {
	return p.reached(objects[i], from) && (i == 0 || p.kind(later) == definition.Single)
}

// lost returns a look-up that does not find an object.
func (p placing) lost(s situation) *gesture {
	for _, later := range []bool{true, false} {
		for i, o := range s.objects {
			for _, from := range []string{here, there} {
				if strings.Contains(o.held, from) && !p.finds(later, s.objects, i, from) {
					return &gesture{later, "open", from}
				}
			}
		}
	}
	return nil
}

// found makes the finding.
func found(c Case, w author, later *definition.Model, steps []gesture) *Finding {
	titles := map[bool]string{false: w.title, true: "new"}
	if c.New.Type.Write != later.Number {
		titles[true] = anyWriter(later.Number)
	}
	parties := map[bool]Party{false: {Name: w.name, Title: w.title}, true: {Name: c.New.Name, Title: titles[true], New: true}}
	f := &Finding{
		Promise: 1, Kind: OutOfReach, Type: c.New.Type.Name, Model: later.Number, Release: parties[steps[len(steps)-1].later],
		By: parties[steps[len(steps)-2].later], From: w.name,
		WasKind: w.kind, IsKind: later.Namespaces,
	}
	if i := c.running(); i >= 0 && c.History[i].Type != nil {
		f.Baseline = c.History[i].Name
	}
	p := placing{earlier: w.kind, later: later.Namespaces}
	model := map[bool]int{false: w.model, true: later.Number}
	created := 0
	for i, g := range steps {
		s := Step{Release: titles[g.later], Op: g.op, Model: model[g.later], Sets: model[g.later]}
		var text string
		switch g.op {
		case "create":
			created++
			text = fmt.Sprintf("creates an object of model %d, which is %q, in namespace %q", s.Model, p.kind(g.later), g.at)
			if p.kind(g.later) == definition.Agnostic {
				text = fmt.Sprintf("creates an object of model %d, which is %q: it is in no namespace, and found from every one", s.Model, p.kind(g.later))
			}
			if created > 1 {
				text = fmt.Sprintf("creates another object under the same id in namespace %q: model %d is %q, whose identity has the namespace", g.at, s.Model, p.kind(g.later))
			}
		case "share":
			text = fmt.Sprintf("shares it into namespace %q", g.at)
		case "migrate":
			text = fmt.Sprintf("migrates it to model %d, which is %q", s.Model, p.later)
			if w.model == later.Number {
				text = fmt.Sprintf("takes it for an object of model %d as it declares that, which is %q", s.Model, p.later)
			}
		default:
			text = fmt.Sprintf("looks for it from namespace %q, and does not find it", g.at)
			if created > 1 {
				text = fmt.Sprintf("looks for that object from namespace %q, and does not find it: it takes type and id for the identity, and the first object has them", g.at)
			}
		}
		f.Trace = append(f.Trace, s)
		f.Lines = append(f.Lines, fmt.Sprintf("%d. %s %s", i+1, s.Release, text))
	}
	f.Lines = append(f.Lines, fmt.Sprintf("promise 1 is broken for %s (%s): the object is out of reach: model %d is %q, and it was %q",
		titles[steps[len(steps)-1].later], promises[1], later.Number, later.Namespaces, w.kind))
	return f
}
