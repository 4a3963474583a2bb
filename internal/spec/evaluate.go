package spec

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/esogen/esogen/internal/definition"
)

// evaluate turns the package into types.
func (p *pkg) evaluate(ctx context.Context, r *report, specs *Specs) error {
	if err := p.settleImports(); err != nil {
		return err
	}
	set := p.imports(true)
	p.below(set)
	r.addAll(p.problems)
	p.checkImports(set, r)
	units := p.index.units()
	outcomes, err := p.run(ctx, set, units)
	if err != nil {
		return err
	}
	var sound, all []*definition.Type
	l := &locator{pkg: p}
	for i, out := range outcomes {
		for j := range out.problems {
			if d := &out.problems[j]; d.Position.Line == 0 {
				d.Position = l.ofUnit(units[i], d.Type)
			}
		}
		r.addAll(out.problems)
		maps.Copy(specs.locate.places, out.places)
		sound = append(sound, out.types...)
		all = append(append(all, out.types...), out.broken...)
	}
	if len(all) == 0 && len(r.list) == 0 {
		p.noTypes(r)
	}
	slices.SortStableFunc(all, byName)
	refused := p.checkAll(all, r)
	for _, t := range all {
		if slices.Contains(refused, t) || !slices.Contains(sound, t) {
			specs.Broken = append(specs.Broken, t.Name)
		} else {
			specs.Types = append(specs.Types, t)
		}
	}
	return nil
}

func (p *pkg) noTypes(r *report) {
	d := Diagnostic{
		Problem:  problem("definition/no-types", "write name: eso.#Type & {…}", "the specs declare no type"),
		Position: Position{p.files[0].name, 1, 1},
	}
	d.Severity = definition.Warning
	r.addAll([]Diagnostic{d})
}

func byName(a, b *definition.Type) int { return strings.Compare(a.Name, b.Name) }

// checkAll adds the findings about the types together, and returns the types
// that they are about.
func (p *pkg) checkAll(types []*definition.Type, r *report) []*definition.Type {
	l := &locator{pkg: p}
	var refused []*definition.Type
	for _, found := range definition.CheckAll(types) {
		// Of two types with one name, the one that was not named yet.
		i := slices.IndexFunc(types, func(t *definition.Type) bool { return t.Name == found.Type && !slices.Contains(refused, t) })
		if found.Rule == "definition/same-name" {
			i = lastOf(types, found.Type, refused)
		}
		if i < 0 {
			continue
		}
		refused = append(refused, types[i])
		r.addAll([]Diagnostic{{Problem: found, Position: l.position(types[i].Label, found.Path)}})
	}
	return refused
}

func lastOf(types []*definition.Type, name string, apartFrom []*definition.Type) int {
	for i := len(types) - 1; i >= 0; i-- {
		if types[i].Name == name && !slices.Contains(apartFrom, types[i]) {
			return i
		}
	}
	return -1
}

// checkImports reports imports that cannot be had, and imports that are not
// used.
func (p *pkg) checkImports(set *imports, r *report) {
	used, taken := map[[2]int]bool{}, map[[2]string]bool{}
	for _, d := range p.index.decls {
		for _, n := range d.imports {
			used[[2]int{d.file, n}] = true
		}
		for _, h := range d.hides {
			if h.what == thePackage {
				taken[[2]string{p.files[d.file].name, h.name}] = true
			}
		}
	}
	for i, f := range p.files {
		for n, imported := range importsOf(f.syntax) {
			d := Diagnostic{Position: p.position(imported.spec.Pos())}
			if reason, failed := set.errs[imported.path]; failed {
				d.Problem = problem("definition/import", didYouMean(meantPackage(imported.path), ""), "%q cannot be imported: %s", imported.path, reason)
			} else if !used[[2]int{i, n}] && !taken[[2]string{f.name, imported.name}] {
				d.Problem = problem("definition/import", didYouMean(meantPackage(imported.path), "take it out"), "%q is imported and not used", imported.path)
			} else {
				continue
			}
			r.addAll([]Diagnostic{d})
		}
	}
}

// run evaluates the units on all processors.
func (p *pkg) run(ctx context.Context, first *imports, units []unit) ([]outcome, error) {
	outcomes := make([]outcome, len(units))
	workers := max(1, min(runtime.GOMAXPROCS(0), len(units)/unitsPerWorker))
	var next, stopped atomic.Int64
	var wg sync.WaitGroup
	for i := range workers {
		w := p.worker(p.firstTree(), first)
		if i > 0 {
			w = nil // made in its goroutine: it parses and loads for itself
		}
		wg.Go(func() {
			if w == nil {
				w = p.worker(p.anotherTree(), p.imports(true))
			}
			for ctx.Err() == nil && stopped.Load() == 0 {
				batch := int(next.Add(1)-1) * unitsPerBatch
				if batch >= len(units) {
					return
				}
				for i := batch; i < min(batch+unitsPerBatch, len(units)); i++ {
					if !w.bounded(ctx, units[i], &outcomes[i]) {
						stopped.Store(1)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	return outcomes, ctx.Err()
}

const (
	unitsPerWorker = 8  // below that, a second worker costs more than it brings
	unitsPerBatch  = 16 // neighbours, which mostly are in the same files
)

// bounded evaluates a unit within the limits of its size, time and memory. It
// reports false where one of the latter ran out: CUE cannot be stopped, and so
// the evaluation goes on without us, and it is useless to begin another one
// beside it.
func (w *worker) bounded(ctx context.Context, u unit, out *outcome) bool {
	l := w.pkg.limits
	if u.size > l.expanded {
		*out = given(u, "definition/too-large", "use fewer definitions inside of definitions, or eso.#JSON for a part of it",
			fmt.Sprintf("with all that it refers to, the declaration has more than %d parts", l.expanded))
		return true
	}
	const hint = "write it with fewer alternatives, comprehensions or references"
	done := make(chan outcome, 1)
	go func() { done <- w.evaluate(u) }()
	end := time.NewTimer(l.evaluation)
	defer end.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case *out = <-done:
			return true
		case <-ctx.Done():
			return false
		case <-end.C:
			*out = given(u, "definition/too-large", hint,
				fmt.Sprintf("the declaration takes longer than %v to evaluate, and the rest was not read", l.evaluation))
			return false
		case <-look.C:
			if heap() > l.memory {
				*out = given(u, "definition/too-large", hint,
					fmt.Sprintf("the declaration takes more than %d bytes to evaluate, and the rest was not read", l.memory))
				return false
			}
		}
	}
}

// heap returns how many bytes the process has on its heap.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
