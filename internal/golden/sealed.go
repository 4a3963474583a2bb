package golden

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/objects"
	eso "github.com/esogen/esogen/runtime"
)

// TestKey is the passphrase under which golden objects are sealed. It protects
// nothing.
const TestKey = "esogen golden documents: this key is public"

// Keys returns the file of keys by which the command line opens golden
// objects.
func Keys() []byte { return []byte("{\"primary\": " + quote(TestKey) + "}\n") }

// ErrLost means that a golden object no longer opens, or not to what it was
// sealed from: an object like it in production would be lost as well.
var ErrLost = errors.New("a golden object is lost")

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

// AddSealed returns the file of sealed objects with those added that it lacks,
// and how many these are: one for each fixture. What stands in the file stays
// as it is. It opens nothing; that is for CheckSealed.
func AddSealed(ctx context.Context, t *definition.Type, file []byte) ([]byte, int, error) {
	missing, err := MissingSealed(t, file)
	if err != nil || len(missing) == 0 {
		return file, 0, err
	}
	keys, err := eso.NewKeyring(TestKey)
	if err != nil {
		return nil, 0, err
	}
	d := objects.Definition(t)
	out := bytes.Clone(file)
	if len(out) > 0 && out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	for _, f := range missing {
		doc, err := objects.At(d, f.Model).Create(ctx, keys, f.Ref, []byte(f.Attributes))
		if err != nil {
			return nil, 0, fmt.Errorf("type %q, model %d: sealing the golden object %q: %w", t.Name, f.Model, f.Name, err)
		}
		o := f.object(sealedFormat)
		o.raw("attributes", string(doc.Attributes))
		o.raw("plain", f.Attributes)
		out = append(out, o.line()+"\n"...)
	}
	return out, len(missing), nil
}

// MissingSealed returns the fixtures of which the file holds no sealed object.
func MissingSealed(t *definition.Type, file []byte) ([]Fixture, error) {
	lines, err := readSealed(t, file)
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for _, l := range lines {
		have[l.Fixture+l.Version+l.ID+l.Namespace+string(l.Plain)] = true
	}
	var missing []Fixture
	for _, f := range Fixtures(t) {
		version := fmt.Sprintf("10.%d.0", f.Model)
		if !have[f.Name+version+f.Ref.ID+f.Ref.Namespace+f.Attributes] {
			missing = append(missing, f)
		}
	}
	return missing, nil
}

// CheckSealed opens every object of the file that is of a model which the type
// still opens, and compares it with what it was sealed from. The error joins
// one ErrLost per object.
func CheckSealed(ctx context.Context, t *definition.Type, file []byte) error {
	lines, err := readSealed(t, file)
	if err != nil || len(lines) == 0 {
		return err
	}
	keys, err := eso.NewKeyring(TestKey)
	if err != nil {
		return err
	}
	d := objects.Definition(t)
	var lost []error
	for i, l := range lines {
		model, err := l.model()
		if err == nil && model >= t.Oldest {
			err = l.open(ctx, d, keys, model)
		}
		if err != nil {
			lost = append(lost, inLine(t, i, err))
		}
	}
	return errors.Join(lost...)
}

func (l *sealedLine) open(ctx context.Context, d *eso.Definition, keys eso.Keyring, model int) error {
	ref := eso.Ref{Namespace: l.Namespace, Type: l.Type, ID: l.ID}
	opened, err := d.Open(ctx, keys, eso.Document{Ref: ref, Model: model, Attributes: l.Attributes})
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w; if no release wrote model %d as it was, delete the line", ErrLost, err, model)
	case !bytes.Equal(opened, l.Plain):
		return fmt.Errorf("%w: it opens to something else than what was sealed; if no release wrote model %d as it was, delete the line", ErrLost, model)
	default:
		return nil
	}
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
