// Package kibanaindex turns documents of Kibana's index in Elasticsearch into
// documents of package eso, and back. It calls no server: a program gets and puts
// the JSON by a client of its choice.
//
//	definition := action.Objects.Definition() // of a generated package
//	hit, err := kibanaindex.Parse(answer) // to a get, or one hit of a search
//	doc, err := hit.Document(definition)  // for action.Open, action.Update, …
//	source, err := hit.Source(definition, changed, time.Now()) // what to index under hit.ID()
//
// A write goes with if_seq_no and if_primary_term, from [Hit.Revision]: without
// them it overwrites what others wrote since the read. docs/kibana-index.md in
// the repository shows a whole program.
//
// The forms are those of Kibana's serializer of saved objects (elastic/kibana,
// packages/core/saved-objects, serialization) and of its document migrator.
package kibanaindex

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// Hit is a document of the index: a hit of a search, or the answer to a get.
// It is safe for concurrent use.
type Hit struct {
	index, id string
	typeName  string
	namespace string // of _source
	spaces    []string
	model     int
	source    []member

	seqNo, primaryTerm int64
	hasRevision        bool
}

type member struct{ key, name, raw string }

// Parse parses a hit of a search, or the answer to a get. Members beyond those
// of Kibana's objects are kept.
//
// The error wraps [eso.ErrMalformed], [eso.ErrTooLarge] for more than
// [eso.MaxSize] bytes, or [eso.ErrModel] for the stamp of no model. It holds
// nothing of the document but the names of members.
func Parse(text []byte) (*Hit, error) {
	hit, err := members(string(text))
	if err != nil {
		return nil, err
	}
	h := &Hit{}
	if h.id, err = textOf(hit, "_id", "_id"); err != nil {
		return nil, err
	}
	if h.index, err = textOf(hit, "_index", "_index"); err != nil {
		return nil, err
	}
	if err := h.readRevision(hit); err != nil {
		return nil, err
	}
	source, ok := find(hit, "_source")
	switch {
	case h.id == "":
		return nil, malformed("_id is missing")
	case !ok:
		return nil, malformed("_source is missing")
	}
	if h.source, err = members(source); err != nil {
		return nil, err
	}
	return h, h.readSource()
}

// readRevision reads what a write compares.
func (h *Hit) readRevision(hit []member) error {
	seqNo, ok := find(hit, "_seq_no")
	term, okTerm := find(hit, "_primary_term")
	if !ok || !okTerm {
		return nil
	}
	var err, errTerm error
	h.seqNo, err = strconv.ParseInt(seqNo, 10, 64)
	h.primaryTerm, errTerm = strconv.ParseInt(term, 10, 64)
	if err != nil || errTerm != nil || h.seqNo < 0 || h.primaryTerm < 1 {
		return malformed("_seq_no or _primary_term is not a number of a document")
	}
	h.hasRevision = true
	return nil
}

func (h *Hit) readSource() error {
	var err error
	if h.typeName, err = textOf(h.source, "type", "_source.type"); err != nil {
		return err
	}
	if h.typeName == "" {
		return malformed("_source.type is missing")
	}
	if h.namespace, err = textOf(h.source, "namespace", "_source.namespace"); err != nil {
		return err
	}
	if h.spaces, err = textsOf(h.source, "namespaces", "_source.namespaces"); err != nil {
		return err
	}
	version, err := textOf(h.source, stampName, "_source."+stampName)
	if err != nil {
		return err
	}
	name := stampName
	if version == "" {
		name = oldStampName
		if version, err = h.oldStamp(); err != nil {
			return err
		}
	}
	if h.model, err = Model(version); err != nil {
		return fmt.Errorf("%w: _source.%s", err, name)
	}
	return nil
}

const (
	stampName    = "typeMigrationVersion"
	oldStampName = "migrationVersion" // {type: version}, before Kibana 8.8
	updatedName  = "updated_at"
)

func (h *Hit) oldStamp() (string, error) {
	raw, ok := find(h.source, oldStampName)
	if !ok || raw == "null" {
		return "", nil
	}
	versions, err := members(raw)
	if err != nil {
		return "", malformed("_source." + oldStampName + " is not an object of versions")
	}
	return textOf(versions, h.typeName, "_source."+oldStampName)
}

// ID returns the _id of the document.
func (h *Hit) ID() string { return h.id }

// Index returns the _index of the document, to which an update of it goes: a
// search may have asked an alias. It is "" if the hit does not say it.
func (h *Hit) Index() string { return h.index }

// Type returns the type of the object.
func (h *Hit) Type() string { return h.typeName }

// Namespaces returns the namespaces that the object lives in, those of a type of
// the kind multiple or multiple-isolated; nil if the document lists none.
func (h *Hit) Namespaces() []string { return append([]string(nil), h.spaces...) }

// Revision returns if_seq_no and if_primary_term of an update, and whether the
// hit has them: a search has to ask for them with seq_no_primary_term.
func (h *Hit) Revision() (seqNo, primaryTerm int64, ok bool) {
	return h.seqNo, h.primaryTerm, h.hasRevision
}

// Document returns the object for the operations of a type, whose definition is
// that of the Objects of its generated package. Kinds of namespace are those of
// the document's model.
//
// The error wraps [eso.ErrType] for an object of another type, and
// [eso.ErrMalformed] if the document is not one that Kibana takes for an object.
func (h *Hit) Document(d *eso.Definition) (eso.Document, error) {
	if h.typeName != d.Type {
		return eso.Document{}, fmt.Errorf("%w: the document has another type than %q", eso.ErrType, d.Type)
	}
	m := modelOf(d, h.model)
	doc := eso.Document{Ref: eso.Ref{Type: d.Type}, Model: h.model}
	var ok bool
	if doc.Ref.ID, ok = ObjectID(m.Namespaces, h.namespace, h.typeName, h.id); !ok {
		return doc, malformed("_id is not what type and namespace of _source ask for")
	}
	switch {
	case m.Namespaces == eso.Single:
		doc.Ref.Namespace = h.namespace
	case m.Namespaces == eso.MultipleIsolated && len(h.spaces) == 1:
		doc.Ref.Namespace = h.spaces[0]
	}
	attributes, ok := find(h.source, h.typeName)
	if !ok || !strings.HasPrefix(attributes, "{") {
		return doc, malformed("_source has no attributes of its type")
	}
	doc.Attributes = []byte(attributes)
	return doc, nil
}

// Source returns the _source to index in the place of the hit's: with the
// attributes and the stamp of a document that an operation made of the one of
// [Hit.Document], the given updated_at, and everything else as it was. The zero
// time leaves updated_at alone. A document with no stamp gets none at model 1.
//
// The error wraps [eso.ErrType] or [eso.ErrID] if the document has another
// identity. It has another _id where a model made the kind of namespaces wider
// than single: such an object needs a new document, and the old one deleted.
func (h *Hit) Source(d *eso.Definition, doc eso.Document, updated time.Time) ([]byte, error) {
	if doc.Ref.Type != h.typeName || d.Type != h.typeName {
		return nil, fmt.Errorf("%w: the document has another type than the hit", eso.ErrType)
	}
	m := modelOf(d, doc.Model)
	isolated := m.Namespaces == eso.MultipleIsolated && len(h.spaces) == 1 && namespaceOf(doc.Ref) != ""
	if ID(m.Namespaces, doc.Ref) != h.id || isolated && doc.Ref.Namespace != h.spaces[0] {
		return nil, fmt.Errorf("%w: the document has another id than the hit", eso.ErrID)
	}
	changes := map[string]string{}
	if doc.Model != h.model {
		changes[stampName] = strconv.Quote(Stamp(doc.Model))
	}
	if !updated.IsZero() {
		changes[updatedName] = strconv.Quote(updated.UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	changes[h.typeName] = string(doc.Attributes)
	out := []byte{'{'}
	for _, m := range h.source {
		if raw, ok := changes[m.name]; ok {
			m.raw = raw
			delete(changes, m.name)
		}
		out = jsontext.AppendMember(out, m.key, m.name, m.raw)
	}
	for _, name := range []string{h.typeName, stampName, updatedName} {
		if raw, ok := changes[name]; ok {
			out = jsontext.AppendMember(out, "", name, raw)
			delete(changes, name)
		}
	}
	return append(out, '}'), nil
}

// modelOf returns the model that says how a document counts: of one above all
// that are known, the newest.
func modelOf(d *eso.Definition, model int) *eso.Model {
	return &d.Models[max(1, min(model, len(d.Models)))-1]
}

func members(text string) ([]member, error) {
	var list []member
	err := jsontext.Object(text, func(key, name, raw string) { list = append(list, member{key, name, raw}) })
	switch {
	case errors.Is(err, eso.ErrTooLarge):
		return nil, fmt.Errorf("%w: the document", eso.ErrTooLarge)
	case err != nil:
		return nil, malformed("not a JSON object, or one with two members of one name")
	}
	return list, nil
}

func find(list []member, name string) (string, bool) {
	for _, m := range list {
		if m.name == name {
			return m.raw, true
		}
	}
	return "", false
}

// textOf returns a member that must be a string. A missing one is "". It refuses
// lone surrogates, of which two make one string of two.
func textOf(list []member, name, path string) (string, error) {
	raw, ok := find(list, name)
	if !ok {
		return "", nil
	}
	return text(raw, path)
}

func text(raw, path string) (string, error) {
	if !strings.HasPrefix(raw, `"`) {
		return "", malformed(path + " is not a string")
	}
	s := jsontext.NameOf(raw)
	if !utf8.ValidString(s) {
		return "", malformed(path + " holds a lone surrogate")
	}
	return s, nil
}

// textsOf returns a member that must be a list of strings. A missing one is nil.
func textsOf(list []member, name, path string) ([]string, error) {
	raw, ok := find(list, name)
	if !ok {
		return nil, nil
	}
	var elements []json.RawMessage
	if err := json.Unmarshal([]byte(raw), &elements); err != nil || raw == "null" {
		return nil, malformed(path + " is not a list")
	}
	texts := make([]string, len(elements))
	for i, element := range elements {
		var err error
		if texts[i], err = text(string(element), path); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

func malformed(what string) error { return fmt.Errorf("%w: %s", eso.ErrMalformed, what) }
