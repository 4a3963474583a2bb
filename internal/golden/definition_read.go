package golden

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// ErrEdited means that a golden definition is not what esogen writes for what
// it says: it was edited by hand, or merged in part.
var ErrEdited = errors.New("not as esogen writes it")

// ErrFormat means that a golden file is of a kind or version that this esogen
// does not read.
var ErrFormat = errors.New("unknown format")

// Read returns the definition that Marshal wrote, resolved. It is strict: the
// definition, written again, has the same bytes, or Read fails with ErrEdited.
// Line ends that git changed on the way are no difference. A version that this
// esogen does not know fails with ErrFormat.
func Read(data []byte) (*definition.Type, error) {
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	var f typeFile
	format := definitionFormat
	for _, older := range []string{firstDefinitionFormat, secondDefinitionFormat} {
		if formatOf(data, older) == nil {
			format = older
		}
	}
	if err := formatOf(data, format); err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEdited, err)
	}
	t := f.definition()
	again, err := marshal(t, format)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEdited, err)
	}
	if !bytes.Equal(data, again) {
		return nil, fmt.Errorf("%w: line %d differs", ErrEdited, firstDifference(data, again))
	}
	return t, nil
}

// formatOf checks what a file says that it is.
func formatOf(data []byte, want string) error {
	var head struct{ Format string }
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&head); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %w", ErrEdited, err)
	}
	if head.Format != want {
		return fmt.Errorf("%w: %q, where %q is expected", ErrFormat, head.Format, want)
	}
	return nil
}

// firstDifference returns the number of the first line where two texts
// differ.
func firstDifference(a, b []byte) int {
	before, after := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	for i, line := range before {
		if i >= len(after) || after[i] != line {
			return i + 1
		}
	}
	return len(before) + 1
}

// typeFile and its parts are the members of the file. What Marshal derives
// from the rest (roles) is read and dropped: comparing the bytes checks it.
type typeFile struct {
	Format      string                 `json:"format"`
	Type        string                 `json:"type"`
	Label       *string                `json:"label"`
	Go          string                 `json:"go"`
	Doc         prose                  `json:"doc"`
	Retired     bool                   `json:"retired"`
	Write       int                    `json:"write"`
	Oldest      int                    `json:"oldest"`
	RandomID    bool                   `json:"randomID"`
	DottedNames bool                   `json:"dottedNames"`
	Flag        string                 `json:"flag"`
	Exposes     []string               `json:"exposes"`
	Exceptions  []definition.Exception `json:"exceptions"`
	Models      []modelFile            `json:"models"`
}

type modelFile struct {
	Model      int                   `json:"model"`
	Doc        prose                 `json:"doc"`
	Format     definition.Format     `json:"format"`
	Namespaces definition.Namespaces `json:"namespaces"`
	Attributes []attributeFile       `json:"attributes"`
	Roles      []json.RawMessage     `json:"roles"`
	Removed    []string              `json:"removed"`
	Renamed    []definition.Rename   `json:"renamed"`
	Backfill   []struct {
		Name  string          `json:"name"`
		Value json.RawMessage `json:"value"`
	} `json:"backfill"`
	Computed  []computedFile `json:"computed"`
	Encrypted *[]string      `json:"encrypted"`
	AAD       *[]string      `json:"aad"`
}

// prose is a text, or the list of its lines.
type prose string

func (p *prose) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		var lines []string
		if err := json.Unmarshal(data, &lines); err != nil {
			return err
		}
		*p = prose(strings.Join(lines, "\n"))
		return nil
	}
	return json.Unmarshal(data, (*string)(p))
}

// computedFile is a computed attribute: an object, or in files of the first
// version its name alone.
type computedFile struct{ definition.Compute }

func (c *computedFile) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		c.Unstated = true
		return json.Unmarshal(data, &c.Name)
	}
	var f struct {
		Name   string   `json:"name"`
		Inputs []string `json:"inputs"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return err
	}
	c.Name, c.Inputs = f.Name, f.Inputs
	return nil
}

type attributeFile struct {
	Name     string          `json:"name"`
	Role     string          `json:"role"`
	Was      string          `json:"was"`
	Go       string          `json:"go"`
	Optional bool            `json:"optional"`
	Default  json.RawMessage `json:"default"`
	Doc      prose           `json:"doc"`
	valueFile
}

type valueFile struct {
	Type          definition.Kind   `json:"type"`
	Nullable      bool              `json:"nullable"`
	Enum          []json.RawMessage `json:"enum"`
	Not           []json.RawMessage `json:"not"`
	Min           json.RawMessage   `json:"min"`
	Above         json.RawMessage   `json:"above"`
	Max           json.RawMessage   `json:"max"`
	Below         json.RawMessage   `json:"below"`
	MinLength     *int              `json:"minLength"`
	MaxLength     *int              `json:"maxLength"`
	Patterns      []string          `json:"patterns"`
	NotPatterns   []string          `json:"notPatterns"`
	Definition    string            `json:"definition"`
	DefinitionGo  string            `json:"definitionGo"`
	DefinitionDoc prose             `json:"definitionDoc"`
	Of            *valueFile        `json:"of"`
	Fields        []attributeFile   `json:"fields"`
}

func (f *typeFile) definition() *definition.Type {
	t := &definition.Type{
		Name: f.Type, Label: f.Type, GoName: f.Go, Doc: string(f.Doc),
		RandomID: f.RandomID, DottedNames: f.DottedNames, Retired: f.Retired, Flag: f.Flag,
		Write: f.Write, Oldest: f.Oldest, Exposes: f.Exposes, Exceptions: f.Exceptions,
	}
	if f.Label != nil {
		t.Label = *f.Label
	}
	for i := range f.Models {
		m := f.Models[i].definition()
		if i > 0 {
			m.inherit(t.Models[i-1])
		}
		t.Models = append(t.Models, m.Model)
	}
	t.Resolve()
	return t
}

// readModel is a model that may leave out what it has from the one before.
type readModel struct{ definition.Model }

func (m *readModel) inherit(before definition.Model) {
	if m.Format == "" {
		m.Format = before.Format
	}
	if m.Namespaces == "" {
		m.Namespaces = before.Namespaces
	}
}

func (f *modelFile) definition() readModel {
	m := definition.Model{
		Number: f.Model, Doc: string(f.Doc), Format: f.Format, Namespaces: f.Namespaces,
		Removed: f.Removed, Renamed: f.Renamed,
	}
	for _, c := range f.Computed {
		m.Computed = append(m.Computed, c.Compute)
	}
	for i := range f.Attributes {
		m.Declared = append(m.Declared, f.Attributes[i].definition())
	}
	for _, b := range f.Backfill {
		m.Backfill = append(m.Backfill, definition.Backfill{Name: b.Name, Value: string(b.Value)})
	}
	if f.Encrypted != nil {
		m.Encrypted, m.StatesEncrypted = *f.Encrypted, true
	}
	if f.AAD != nil {
		m.AAD, m.StatesAAD = *f.AAD, true
	}
	return readModel{m}
}

func (f *attributeFile) definition() definition.Attribute {
	return definition.Attribute{
		Name: f.Name, GoName: f.Go, Doc: string(f.Doc), Optional: f.Optional, Default: string(f.Default), Value: f.value(),
	}
}

func (f *valueFile) value() definition.Value {
	v := definition.Value{
		Kind: f.Type, Nullable: f.Nullable, Enum: rawTexts(f.Enum), Not: rawTexts(f.Not),
		Min: readLimit(f.Min, f.Above), Max: readLimit(f.Max, f.Below),
		MinLength: f.MinLength, MaxLength: f.MaxLength, Patterns: f.Patterns, NotPatterns: f.NotPatterns,
		Definition: f.Definition, GoName: f.DefinitionGo, Doc: string(f.DefinitionDoc),
	}
	if f.Of != nil {
		elem := f.Of.value()
		v.Elem = &elem
	}
	for i := range f.Fields {
		v.Fields = append(v.Fields, f.Fields[i].definition())
	}
	return v
}

func readLimit(inclusive, exclusive json.RawMessage) *definition.Limit {
	switch {
	case inclusive != nil:
		return &definition.Limit{Number: string(inclusive)}
	case exclusive != nil:
		return &definition.Limit{Number: string(exclusive), Exclusive: true}
	default:
		return nil
	}
}

func rawTexts(raws []json.RawMessage) []string {
	var texts []string
	for _, raw := range raws {
		texts = append(texts, string(raw))
	}
	return texts
}
