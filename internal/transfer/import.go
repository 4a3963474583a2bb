package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// ImportOptions configures an import.
type ImportOptions struct {
	OnConflict store.OnConflict
	Workers    int // as store.ImportOptions has it

	// PassOver passes over objects of types that no definition is of. Else the import
	// refuses a stream that has such a type.
	PassOver bool

	// NewIDs gives the objects new ids. The same stream gives the same ones again.
	NewIDs *NewIDs

	// Progress is called after each checkpoint, with how many objects of the stream
	// were visited, and how many of them failed. Its error ends the import.
	Progress func(done, failed int64) error
}

// Imported counts the objects of a type by their outcome in an import.
type Imported struct {
	Type     string `json:"type"`
	Created  int64  `json:"created"`
	Replaced int64  `json:"replaced"`
	Skipped  int64  `json:"skipped"` // the id is taken, and the object that is there stays
	Before   int64  `json:"before"`  // an earlier import of the stream has stored it
	Passed   int64  `json:"passed"`  // of a type that no definition is of
	Failed   int64  `json:"failed"`
}

// All returns how many objects the stream had.
func (c *Imported) All() int64 {
	return c.Created + c.Replaced + c.Skipped + c.Before + c.Passed + c.Failed
}

func (c *Imported) add(other *Imported) {
	c.Created += other.Created
	c.Replaced += other.Replaced
	c.Skipped += other.Skipped
	c.Before += other.Before
	c.Passed += other.Passed
	c.Failed += other.Failed
}

func (c *Imported) count(result store.ImportResult) {
	switch result {
	case store.ImportCreated:
		c.Created++
	case store.ImportReplaced:
		c.Replaced++
	case store.ImportSkipped:
		c.Skipped++
	case store.ImportedBefore:
		c.Before++
	default:
		c.Failed++
	}
}

// ImportReport is the result of an import.
type ImportReport struct {
	Types    []*Imported // that the stream has objects of, in their order
	Failures []Failure   // the first 1,000 of each type
	Complete bool        // the stream had its trailer

	// Export is what the export could tell of the objects, up to where the import came.
	Export []*Counts
}

// Total returns the sum of all types.
func (r *ImportReport) Total() (total Imported) {
	for _, c := range r.Types {
		total.add(c)
	}
	return total
}

func (r *ImportReport) of(name string) *Imported {
	for i := len(r.Types) - 1; i >= 0; i-- {
		if r.Types[i].Type == name {
			return r.Types[i]
		}
	}
	c := &Imported{Type: name}
	r.Types = append(r.Types, c)
	return c
}

// Import stores the objects of a stream. It stores those of a checkpoint together, once
// that has verified, and goes on to the trailer. Without a trailer it fails with
// ErrIncomplete, after it has stored what verified. From another source, it stores what
// comes.
//
// Import may be interrupted at any point, and done again: what it has stored is counted
// as Imported.Before.
func Import(ctx context.Context, s *store.Store, definitions []*eso.Definition, from eso.Keyring, r Source, o ImportOptions) (report ImportReport, err error) {
	i := importer{s, definitions, from, r, o, &report}
	err = i.run(ctx)
	report.Export = r.Counts()
	places := map[string]int{}
	for place, name := range r.Types() {
		places[name] = place
	}
	slices.SortStableFunc(report.Types, func(a, b *Imported) int { return places[a.Type] - places[b.Type] })
	return report, err
}

type importer struct {
	store       *store.Store
	definitions []*eso.Definition
	from        eso.Keyring
	stream      Source
	options     ImportOptions
	report      *ImportReport
}

func (i *importer) definition(name string) *eso.Definition {
	place := slices.IndexFunc(i.definitions, func(d *eso.Definition) bool { return d.Type == name })
	if place < 0 {
		return nil
	}
	return i.definitions[place]
}

func (i *importer) run(ctx context.Context) error {
	for _, name := range i.stream.Types() {
		d := i.definition(name)
		if d == nil && !i.options.PassOver {
			return &UnknownType{name}
		}
		if d != nil && !d.RandomID && i.options.NewIDs != nil {
			return fmt.Errorf("%w: the ids of %q are not random, and mean something: its objects cannot have new ones", eso.ErrID, name)
		}
	}
	for {
		s, err := i.stream.Next(ctx)
		if errors.Is(err, io.EOF) {
			i.report.Complete = true
			return nil
		}
		if err != nil {
			return err
		}
		if err := i.segment(ctx, s); err != nil {
			return err
		}
		if i.options.Progress != nil {
			total := i.report.Total()
			if err := i.options.Progress(total.All(), total.Failed); err != nil {
				return err
			}
		}
	}
}

// segment stores the objects of a checkpoint.
func (i *importer) segment(ctx context.Context, s *Segment) error {
	batch := store.ImportBatch{Stream: i.stream.Stream(), Number: s.Number, Mark: s.Mark}
	if i.options.NewIDs != nil {
		batch.Stream += "-new-ids" // what was imported under the old ones is another object
	}
	var objects []*Object
	for _, line := range s.Lines {
		o := line.Object
		switch {
		case line.Unknown != "" && i.options.PassOver:
			i.report.of(line.Unknown).Passed++
		case line.unreadable:
			i.fails(*line.Failure)
		}
		if o == nil {
			continue
		}
		name := o.Doc.Ref.Type
		d := i.definition(name)
		switch types := i.stream.Types(); {
		case types != nil && !slices.Contains(types, name):
			return fmt.Errorf("%w: an object of a type that its header lacks", ErrFormat)
		case d == nil:
			i.report.of(name).Passed++
			continue
		}
		imported := store.Imported{Definition: d, Doc: o.Doc, Namespaces: o.Namespaces}
		if ids := i.options.NewIDs; ids != nil {
			if attribute, found := ids.reference(o.Doc.Attributes); found {
				i.fails(Failure{Type: name, ID: clip(o.Doc.Ref.ID), Namespace: clip(o.Doc.Ref.Namespace), Model: o.Doc.Model, Attribute: clip(attribute), Reason: "reference"})
				continue
			}
			var err error
			if imported.NewID, err = ids.of(ctx, i.stream, o.Doc.Ref); err != nil {
				return err
			}
		}
		batch.Objects, objects = append(batch.Objects, imported), append(objects, o)
	}
	outcomes, err := i.store.Import(ctx, batch, store.ImportOptions{
		From: i.from, Notes: i.stream.Key(), OnConflict: i.options.OnConflict, Workers: i.options.Workers,
	})
	if err != nil {
		return err
	}
	for n, outcome := range outcomes {
		if outcome.Result == store.ImportFailed {
			i.fails(failureOf(objects[n].Doc, outcome.Err))
			if k, ok := i.stream.(*Kibana); ok {
				k.unbound.Note(batch.Objects[n].Definition, objects[n].Doc, outcome.Err)
			}
			continue
		}
		i.report.of(objects[n].Doc.Ref.Type).count(outcome.Result)
		if ids := i.options.NewIDs; ids != nil && ids.Map != nil && outcome.Result != store.ImportSkipped {
			if err := ids.Map(objects[n].Doc.Ref, batch.Objects[n].NewID); err != nil {
				return err
			}
		}
	}
	return nil
}

func (i *importer) fails(f Failure) {
	c := i.report.of(f.Type)
	if c.Failed++; c.Failed <= maxFailures {
		i.report.Failures = append(i.report.Failures, f)
	}
}

// UnknownType means that a stream has objects of a type that no definition is of.
type UnknownType struct{ Type string }

// Error returns one line.
func (e *UnknownType) Error() string {
	return fmt.Sprintf("the stream has objects of %.200q, which no spec declares", e.Type)
}
