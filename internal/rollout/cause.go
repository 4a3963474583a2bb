package rollout

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/esogen/esogen/internal/definition"
	eso "github.com/esogen/esogen/runtime"
)

// cause finds out why a release cannot open a document: from the error, and from
// what was bound when the secret was sealed.
func (p *search) cause(rel *simRelease, s *state, err error) breach {
	b := breach{promise: 1, kind: DoesNotOpen, attribute: attributeOf(err), sufferer: rel, by: opOpen, note: reasonOf(err)}
	var unreadable *unreadableError
	switch at := s.find(b.attribute); {
	case errors.As(err, &unreadable):
		b.kind, b.attribute, b.unread = Unreadable, unreadable.attribute, true
		if at := s.find(b.attribute); at != nil && at.sealed && rel.sets(s.doc.Model).Role(b.attribute) != definition.Encrypted {
			b.promise, b.kind, b.note = 2, ShowsCiphertext, "it expects the value and finds a ciphertext"
		}
	case errors.Is(err, eso.ErrPlanted):
		b.kind = Planted
		b.note = "the document has it and its model does not, so the document is refused"
	case errors.Is(err, eso.ErrRequired):
		b.kind = RequiredMissing
		b.note = "its model " + number(rel.typ.Write) + " requires it, and the document lacks it"
	case errors.Is(err, eso.ErrModel):
		b.kind = ModelRefused
	case errors.Is(err, errNoSample):
		b.kind = NotConverted
	case p.otherFormat(rel, s):
		b.kind, b.attribute = FormatDiffers, ""
		b.note = "it is opened by model " + number(rel.sets(s.doc.Model).Number) + ", which has another format"
	case errors.Is(err, eso.ErrMalformed) && at != nil && at.sealed && rel.sets(s.doc.Model).Role(b.attribute) != definition.Encrypted:
		b.promise, b.kind, b.note = 2, ShowsCiphertext, "it expects the value and finds a ciphertext"
	case errors.Is(err, eso.ErrMalformed) && at != nil && !at.sealed:
		b.kind, b.note = NotSealed, "it expects a ciphertext and finds the value in the clear"
	case errors.Is(err, eso.ErrTampered) && s.seal == nil && native(rel.sets(s.doc.Model)):
		if sets := s.step.by.sets(s.doc.Model); len(sets.Encrypted)+len(sets.AAD) == 0 {
			here := rel.sets(s.doc.Model)
			b.kind, b.attribute = NotSealed, slices.Concat(here.Encrypted, here.AAD)[0]
			b.note = "model " + number(here.Number) + ", which opens the document, expects a seal, and model " + number(sets.Number) + ", which wrote it, encrypts and binds nothing"
		}
	case errors.Is(err, eso.ErrTampered) && s.seal != nil:
		p.sealBindings(&b, s)
	case errors.Is(err, eso.ErrTampered) && at != nil && at.made != nil:
		b.secret = b.attribute
		p.bindings(&b, s, at.made)
	}
	return b
}

// otherFormat reports whether a release opens a document by another format than
// that of its seal.
func (p *search) otherFormat(rel *simRelease, s *state) bool {
	here := native(rel.sets(s.doc.Model))
	if s.seal != nil {
		return !here
	}
	return here && !native(s.step.by.sets(s.doc.Model))
}

// sealBindings finds what differs between the document and what its seal binds.
func (p *search) sealBindings(b *breach, s *state) {
	made := s.seal.made
	here, there := b.sufferer.sets(s.doc.Model), made.step.by.sets(made.doc.Model)
	changed := differing(listed(s.seal, made), listed(s.seal, s))
	unbound := slices.DeleteFunc(names(bound(here, s)), s.seal.Binds)
	switch {
	case len(changed) > 0:
		b.kind, b.attribute = BoundChanged, changed[0]
		b.note = "it changed, and the seal that binds it was not made again"
	case b.sufferer.knows(s.doc.Model) && b.attribute != "" && here.Role(b.attribute) == definition.Bound && !s.seal.Binds(b.attribute):
		b.kind, b.note = BoundDiffers, "it is bound at opening and was not at sealing"
	case b.sufferer.knows(s.doc.Model) && len(unbound) > 0:
		b.kind, b.attribute = BoundDiffers, unbound[0]
		b.note = "it is bound at opening and was not at sealing"
	case descriptor(here) != descriptor(there):
		b.kind, b.attribute = DescriptorDiffers, ""
		b.note = "the seal is bound to the namespace in one release, and not in the other"
	}
}

// listed returns the attributes of a document that a seal lists as bound.
func listed(seal *seal, s *state) []stored {
	var list []stored
	for _, at := range s.stored {
		if seal.Binds(at.name) {
			list = append(list, at)
		}
	}
	return list
}

// bindings finds what differs between the additional data that a secret was sealed
// with and those that it is opened with.
func (p *search) bindings(b *breach, s, made *state) {
	sealer := made.step.by
	here, there := b.sufferer.sets(s.doc.Model), sealer.sets(made.doc.Model)
	sealing, since, opening := bound(there, made), bound(there, s), bound(here, s)
	switch changed := differing(sealing, since); {
	case len(changed) > 0 && s.stranded(made, changed[0]):
		b.kind = Stranded
		b.note = "it is bound to " + changed[0] + ", and was not sealed again when that changed"
	case len(changed) > 0:
		b.kind, b.attribute = BoundChanged, changed[0]
		b.note = "it changed, and the secrets that are bound to it were not sealed again"
	case descriptor(here) != descriptor(there):
		b.kind, b.attribute = DescriptorDiffers, ""
		b.note = "the secrets are bound to the namespace in one release, and not in the other"
	case len(differing(sealing, opening)) > 0:
		b.kind, b.attribute = BoundDiffers, p.affectedFirst(s.doc.Model, b.sufferer, differing(sealing, opening))
		b.note = "it was bound at sealing and is not at opening"
		if slices.Contains(names(opening), b.attribute) {
			b.note = "it is bound at opening and was not at sealing"
		}
	}
}

// stranded reports whether the release that changed a bound attribute, after a
// secret was sealed, knew that it is bound: then it sealed again what it takes for
// secrets, and does not know this one.
func (s *state) stranded(made *state, changed string) bool {
	for at := s; at != made && at.parent != nil; at = at.parent {
		now, then := at.find(changed), at.parent.find(changed)
		if (now == nil) != (then == nil) || now != nil && now.text != then.text {
			seals := !at.step.op.blind || slices.ContainsFunc(at.stored, func(x stored) bool { return x.made == at })
			return seals && at.step.by.sets(at.doc.Model).Role(changed) == definition.Bound
		}
	}
	return false
}

// bound returns the attributes of a document that a model binds.
func bound(m *definition.Model, s *state) []stored {
	var list []stored
	for _, at := range s.stored {
		if m.Role(at.name) == definition.Bound {
			list = append(list, at)
		}
	}
	return list
}

// differing returns the names that have different texts in two lists, or a text in
// only one of them.
func differing(a, b []stored) []string {
	var out []string
	for i, list := range [][]stored{a, b} {
		other := [][]stored{b, a}[i]
		for _, at := range list {
			k := slices.IndexFunc(other, func(x stored) bool { return x.name == at.name })
			if (k < 0 || other[k].text != at.text) && !slices.Contains(out, at.name) {
				out = append(out, at.name)
			}
		}
	}
	return out
}

func names(list []stored) []string {
	out := []string{}
	for _, at := range list {
		out = append(out, at.name)
	}
	return out
}

// affectedFirst returns the first name of an affected attribute, or else the first.
func (p *search) affectedFirst(model int, rel *simRelease, candidates []string) string {
	for _, name := range candidates {
		for _, at := range []place{{model, name}, {rel.typ.Write, name}} {
			if fact, ok := p.local[at]; ok && p.varied[fact] {
				return name
			}
		}
	}
	return candidates[0]
}

// native reports whether the model is of the native format.
func native(m *definition.Model) bool { return m.Format == definition.Native }

// descriptor returns what a model binds of the identity, in its format.
func descriptor(m *definition.Model) string {
	if m.Namespaces == definition.Single || native(m) && m.Namespaces == definition.MultipleIsolated {
		return "namespace, type and id"
	}
	return "type and id"
}

// attributeOf returns the attribute that an error names, or "".
func attributeOf(err error) string {
	var e *eso.Error
	if errors.As(err, &e) {
		return e.Attribute
	}
	var u *unreadableError
	if errors.As(err, &u) {
		return u.attribute
	}
	return ""
}

// reasonOf returns an error without the operation and the object.
func reasonOf(err error) string {
	var e *eso.Error
	if errors.As(err, &e) {
		err = e.Err
	}
	return strings.TrimPrefix(err.Error(), "eso: ")
}

func number(n int) string { return strconv.Itoa(n) }
