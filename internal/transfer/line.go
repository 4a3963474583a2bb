package transfer

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/esogen/esogen/internal/phrase"
	eso "github.com/esogen/esogen/runtime"
)

// The lines of a stream.
type (
	header struct {
		Format string   `json:"format"`
		Stream string   `json:"stream"`
		Key    string   `json:"key"`
		Types  []string `json:"types"`
	}
	checkpoint struct {
		Number int64  `json:"checkpoint"`
		Type   string `json:"type"`
		After  string `json:"after"`
		Ended  bool   `json:"ended"`
		Counts tally  `json:"counts"`
	}
	trailer struct {
		Checkpoints int64 `json:"end"`
		Counts      tally `json:"counts"`
	}
	failedLine struct {
		Failed Failure `json:"failed"`
	}
)

// Object is an object of a stream.
type Object struct {
	Doc        eso.Document
	Namespaces []string // of the kind multiple, nil if it was not shared
}

// Failure is an object that could not be exported or imported.
type Failure struct {
	Type      string `json:"type"`
	ID        string `json:"id"`
	Namespace string `json:"namespace"`
	Model     int    `json:"model"`
	Attribute string `json:"attribute"`
	Reason    string `json:"reason"`
}

// Line is a line of a stream that stands for an object.
type Line struct {
	Object  *Object
	Failure *Failure // why there is none
	Unknown string   // the type, if no definition is of it

	unreadable bool // the failure is one of the import, not of an export
}

// appendObject appends the line of an object. Line ends in its attributes, which are
// white space between values, become spaces.
func appendObject(line []byte, o *Object) []byte {
	line = append(line, `{"type":`+phrase.JSON(o.Doc.Ref.Type)+`,"id":`+phrase.JSON(o.Doc.Ref.ID)...)
	if o.Doc.Ref.Namespace != "" {
		line = append(line, `,"namespace":`+phrase.JSON(o.Doc.Ref.Namespace)...)
	}
	if o.Namespaces != nil {
		line = append(line, `,"namespaces":[`...)
		for i, name := range o.Namespaces {
			if i > 0 {
				line = append(line, ',')
			}
			line = append(line, phrase.JSON(name)...)
		}
		line = append(line, ']')
	}
	line = append(line, `,"typeMigrationVersion":"10.`+strconv.Itoa(o.Doc.Model)+`.0","attributes":`...)
	for _, b := range o.Doc.Attributes {
		if b == '\r' || b == '\n' {
			b = ' '
		}
		line = append(line, b)
	}
	return append(line, '}', '\n')
}

// strict decodes a line. What is written from the result has to be the line again, so
// that a line has one meaning and one form.
func strict(line []byte, into any) error {
	if err := jsonv2.Unmarshal(line, into, jsonv2.RejectUnknownMembers(true)); err != nil {
		return ErrFormat
	}
	again, err := jsonv2.Marshal(into)
	if err != nil || !bytes.Equal(again, bytes.TrimSuffix(line, []byte("\n"))) {
		return ErrFormat
	}
	return nil
}

// parseLine parses the line of an object.
func parseLine(line []byte) (*Line, error) {
	if bytes.HasPrefix(line, []byte(`{"failed":`)) {
		var failed failedLine
		if err := strict(line, &failed); err != nil {
			return nil, err
		}
		return &Line{Failure: &failed.Failed}, nil
	}
	var given struct {
		Type                 string         `json:"type"`
		ID                   string         `json:"id"`
		Namespace            string         `json:"namespace"`
		Namespaces           []string       `json:"namespaces"`
		TypeMigrationVersion string         `json:"typeMigrationVersion"`
		Attributes           jsontext.Value `json:"attributes"`
	}
	// The runtime checks the attributes, which may hold lone surrogates.
	err := jsonv2.Unmarshal(line, &given, jsonv2.RejectUnknownMembers(true), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	if err != nil {
		return nil, ErrFormat
	}
	o := &Object{Doc: eso.Document{Ref: eso.Ref{Type: given.Type, ID: given.ID, Namespace: given.Namespace}, Attributes: given.Attributes}, Namespaces: given.Namespaces}
	number, found := strings.CutPrefix(given.TypeMigrationVersion, "10.")
	number, ended := strings.CutSuffix(number, ".0")
	model, err := strconv.Atoi(number)
	if err != nil || !found || !ended || model < 0 {
		return nil, fmt.Errorf("%w: a model", ErrFormat)
	}
	o.Doc.Model = model
	if !bytes.Equal(appendObject(nil, o), line) {
		return nil, ErrFormat
	}
	return &Line{Object: o}, nil
}
