package golden

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/objects"
	eso "github.com/esogen/esogen/runtime"
)

// TestKey is the passphrase under which golden objects are sealed. It protects
// nothing.
const TestKey = "esogen golden documents: this key is public"

// testKeys is the keyring of golden objects. Making one takes its time.
var testKeys = sync.OnceValues(func() (*eso.Keys, error) { return eso.NewKeyring(TestKey) })

// Keys returns the file of keys by which the command line opens golden
// objects.
func Keys() []byte { return []byte("{\"primary\": " + quote(TestKey) + "}\n") }

// ErrLost means that a golden object no longer opens, or not to what it was
// sealed from: a document like it in production would be lost as well.
var ErrLost = errors.New("the object no longer opens")

// sealedLine is a line of a file of sealed objects.
type sealedLine struct {
	Format     string          `json:"format"`
	Fixture    string          `json:"fixture"`
	Type       string          `json:"type"`
	ID         string          `json:"id"`
	Namespace  string          `json:"namespace"`
	Version    string          `json:"typeMigrationVersion"`
	Attributes json.RawMessage `json:"attributes"`
	Plain      json.RawMessage `json:"plain"`
}

// model is that of the stamp "10.N.0".
func (l *sealedLine) model() (n int, err error) {
	if _, err := fmt.Sscanf(l.Version, "10.%d.0", &n); err != nil || fmt.Sprintf("10.%d.0", n) != l.Version {
		return 0, fmt.Errorf("%w: no model in %q", ErrEdited, "typeMigrationVersion")
	}
	return n, nil
}

// Sealed is the sealed objects of a type, as a file holds them.
type Sealed struct {
	// Missing are the fixtures of which there is no sealed object.
	Missing []Fixture

	// Lost has an ErrLost for each object that no longer opens. It counts as
	// missing, too.
	Lost []error

	t    *definition.Type
	file []byte
}

// ReadSealed reads a file of sealed objects, which may be empty. With verify,
// it opens every object of a model that the type still opens, and compares it
// with what it was sealed from; a retired type without models opens none.
func ReadSealed(ctx context.Context, t *definition.Type, file []byte, verify bool) (*Sealed, error) {
	lines, err := readSealed(t, file)
	if err != nil {
		return nil, err
	}
	s := &Sealed{t: t, file: file}
	if verify && len(lines) > 0 && len(t.Models) > 0 {
		if lines, err = s.verify(ctx, lines); err != nil {
			return nil, err
		}
	}
	have := map[string]bool{}
	for _, l := range lines {
		have[l.Fixture+l.Version+l.ID+l.Namespace+string(l.Plain)] = true
	}
	for _, f := range Fixtures(t) {
		version := fmt.Sprintf("10.%d.0", f.Model)
		if !have[f.Name+version+f.Ref.ID+f.Ref.Namespace+f.Attributes] {
			s.Missing = append(s.Missing, f)
		}
	}
	return s, nil
}

// verify returns the lines that open.
func (s *Sealed) verify(ctx context.Context, lines []sealedLine) ([]sealedLine, error) {
	keys, err := testKeys()
	if err != nil {
		return nil, err
	}
	d := objects.Definition(s.t)
	var good []sealedLine
	for i, l := range lines {
		model, err := l.model()
		if err != nil {
			return nil, inLine(s.t, i, err)
		}
		if model >= s.t.Oldest {
			err = l.open(ctx, d, keys, model)
		}
		if err != nil {
			s.Lost = append(s.Lost, inLine(s.t, i, err))
		} else {
			good = append(good, l)
		}
	}
	return good, ctx.Err()
}

// AddSealed is ReadSealed, without verifying, and Add. It returns how many
// objects it added as well.
func AddSealed(ctx context.Context, t *definition.Type, file []byte) ([]byte, int, error) {
	s, err := ReadSealed(ctx, t, file, false)
	if err != nil {
		return nil, 0, err
	}
	longer, err := s.Add(ctx)
	return longer, len(s.Missing), err
}

// Add returns the file with an object for each that is missing, sealed by its
// model. What stands in the file stays as it is.
func (s *Sealed) Add(ctx context.Context) ([]byte, error) {
	if len(s.Missing) == 0 {
		return s.file, nil
	}
	keys, err := testKeys()
	if err != nil {
		return nil, err
	}
	d := objects.Definition(s.t)
	out := bytes.Clone(s.file)
	if len(out) > 0 && out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	for _, f := range s.Missing {
		doc, err := objects.At(d, f.Model).Create(ctx, keys, f.Ref, []byte(f.Attributes))
		if err != nil {
			return nil, fmt.Errorf("type %q, model %d: sealing the golden object %q: %w", s.t.Name, f.Model, f.Name, err)
		}
		o := f.object(sealedFormat)
		o.raw("attributes", string(doc.Attributes))
		o.raw("plain", f.Attributes)
		out = append(out, o.line()+"\n"...)
	}
	return out, nil
}

func (l *sealedLine) open(ctx context.Context, d *eso.Definition, keys eso.Keyring, model int) error {
	ref := eso.Ref{Namespace: l.Namespace, Type: l.Type, ID: l.ID}
	opened, err := d.Open(ctx, keys, eso.Document{Ref: ref, Model: model, Attributes: l.Attributes})
	var at *eso.Error
	switch {
	case errors.As(err, &at) && at.Attribute != "":
		return fmt.Errorf("%w: model %d: attribute %q: %w", ErrLost, model, at.Attribute, at.Err)
	case err != nil:
		return fmt.Errorf("%w: model %d: %w", ErrLost, model, err)
	case !sameMembers(opened, l.Plain):
		return fmt.Errorf("%w: model %d: it opens to something else than what was sealed", ErrLost, model)
	default:
		return nil
	}
}

// sameMembers tells whether two objects have the same members with the same
// text. Their order does not count: the native format opens all secrets in the
// place of the seal.
func sameMembers(a, b []byte) bool {
	var x, y map[string]json.RawMessage
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	return maps.EqualFunc(x, y, func(v, w json.RawMessage) bool { return bytes.Equal(v, w) })
}

// readSealed takes a file apart. Each line says its format, and all are of the
// type.
func readSealed(t *definition.Type, file []byte) ([]sealedLine, error) {
	var lines []sealedLine
	for i, text := range bytes.Split(bytes.TrimSpace(file), []byte("\n")) {
		if len(text) == 0 {
			continue
		}
		if err := formatOf(text, sealedFormat); err != nil {
			return nil, inLine(t, i, err)
		}
		var l sealedLine
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&l); err != nil {
			return nil, inLine(t, i, fmt.Errorf("%w: %w", ErrEdited, err))
		}
		if l.Type != t.Name {
			return nil, inLine(t, i, fmt.Errorf("%w: it is an object of type %q", ErrEdited, l.Type))
		}
		lines = append(lines, l)
	}
	return lines, nil
}

func inLine(t *definition.Type, i int, err error) error {
	return fmt.Errorf("%s:%d: %w", SealedPath(t), i+1, err)
}
