package soak

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"reflect"

	eso "github.com/esogen/esogen/runtime"
)

// Package is a generated package, without its types.
type Package struct {
	objects
	patch func(ctx context.Context, keys eso.Keyring, doc eso.Document, w writes) (eso.Document, error)
}

// writes is what an update or a patch changes, by Go names.
type writes struct {
	values map[string]string // JSON texts of whole values, "" for absent
	edits  []edit            // of parts of nested values
}

func (w writes) none() bool { return len(w.values) == 0 && len(w.edits) == 0 }

func (w writes) String() string { return fmt.Sprint(w.values, w.edits) }

// objects is the operations of a generated package over fields by their Go
// names, and the JSON texts of their values, "" for absent.
type objects interface {
	seal(ctx context.Context, keys eso.Keyring, ref eso.Ref, values map[string]string) (eso.Document, error)
	open(ctx context.Context, keys eso.Keyring, doc eso.Document) (map[string]string, error)
	read(ctx context.Context, keys eso.Keyring, doc eso.Document) (map[string]string, error)
	object(ctx context.Context, keys eso.Keyring, doc eso.Document) (reflect.Value, error) // as read gives it
	update(ctx context.Context, keys eso.Keyring, doc eso.Document, w writes) (eso.Document, error)
	migrate(ctx context.Context, keys eso.Keyring, doc eso.Document) (eso.Document, error)
	rotate(ctx context.Context, keys eso.Keyring, doc eso.Document) (eso.Document, error)
}

// Of takes the Objects of a generated package.
func Of[T any](o *eso.Objects[T]) *Package { return &Package{objects: typed[T]{o}} }

// Patching adds the method expression Patch.Apply of the package.
func Patching[P any](p *Package, apply func(P, context.Context, eso.Keyring, eso.Document) (eso.Document, error)) *Package {
	p.patch = func(ctx context.Context, keys eso.Keyring, doc eso.Document, w writes) (eso.Document, error) {
		var patch P
		if err := fill(&patch, w.values); err != nil {
			return doc, err
		}
		for _, e := range w.edits {
			object, err := p.object(ctx, keys, doc)
			if err != nil {
				return doc, err
			}
			value := object.FieldByName(e.goName)
			if err := e.apply(value, e.path); err != nil {
				return doc, err
			}
			give(reflect.ValueOf(&patch).Elem().FieldByName(e.goName), value)
		}
		return apply(patch, ctx, keys, doc)
	}
	return p
}

type typed[T any] struct{ *eso.Objects[T] }

func (o typed[T]) seal(ctx context.Context, keys eso.Keyring, ref eso.Ref, values map[string]string) (eso.Document, error) {
	var object T
	if err := fill(&object, values); err != nil {
		return eso.Document{}, err
	}
	return o.Seal(ctx, keys, ref, &object)
}

func (o typed[T]) open(ctx context.Context, keys eso.Keyring, doc eso.Document) (map[string]string, error) {
	object, err := o.Open(ctx, keys, doc)
	if err != nil {
		return nil, err
	}
	return texts(object), nil
}

func (o typed[T]) read(ctx context.Context, keys eso.Keyring, doc eso.Document) (map[string]string, error) {
	object, err := o.Read(ctx, keys, doc)
	if err != nil {
		return nil, err
	}
	return texts(object), nil
}

func (o typed[T]) object(ctx context.Context, keys eso.Keyring, doc eso.Document) (reflect.Value, error) {
	object, err := o.Read(ctx, keys, doc)
	return reflect.ValueOf(object).Elem(), err
}

func (o typed[T]) update(ctx context.Context, keys eso.Keyring, doc eso.Document, w writes) (eso.Document, error) {
	return o.Update(ctx, keys, doc, func(object *T) error {
		if err := fill(object, w.values); err != nil {
			return err
		}
		for _, e := range w.edits {
			if err := e.apply(reflect.ValueOf(object).Elem().FieldByName(e.goName), e.path); err != nil {
				return err
			}
		}
		return nil
	})
}

// give sets a field of a patch to a value of an object.
func give(field, value reflect.Value) {
	if value.Kind() == reflect.Pointer {
		value = value.Elem()
	}
	if m, ok := makers.Load(field.Type()); ok {
		field.Set(m.(maker).with(value))
		return
	}
	field.Set(reflect.New(value.Type()))
	field.Elem().Set(value)
}

func (o typed[T]) migrate(ctx context.Context, keys eso.Keyring, doc eso.Document) (eso.Document, error) {
	return o.Migrate(ctx, keys, doc)
}

func (o typed[T]) rotate(ctx context.Context, keys eso.Keyring, doc eso.Document) (eso.Document, error) {
	return o.Definition().Rotate(ctx, keys, doc)
}

// fill sets fields of a struct by their Go names.
func fill[T any](object *T, values map[string]string) error {
	v := reflect.ValueOf(object).Elem()
	for name, text := range values {
		if err := put(v.FieldByName(name), text); err != nil {
			return err
		}
	}
	return nil
}

// texts returns the fields of a struct by their Go names.
func texts[T any](object *T) map[string]string {
	v := reflect.ValueOf(object).Elem()
	all := make(map[string]string, v.NumField())
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() {
			all[f.Name] = textOf(v.Field(i))
		}
	}
	return all
}

// key is a key that costs nothing: the AES key is the salt under a mask.
type key struct {
	id   string
	mask byte
}

func (k key) ID() string { return k.id }

func (k key) DeriveKibana(_ context.Context, salt []byte) ([]byte, error) {
	derived := make([]byte, 32)
	for i := range derived {
		derived[i] = salt[i] ^ k.mask
	}
	return derived, nil
}

func (k key) MAC(_ context.Context, message []byte) (sum [32]byte, err error) {
	h := hmac.New(sha256.New, bytes.Repeat([]byte{k.mask}, 32))
	h.Write(message)
	return [32]byte(h.Sum(nil)), nil
}

// ring returns a keyring of keys.
func ring(primary eso.Key, others ...eso.Key) eso.Keyring {
	keys, err := eso.NewKeyringOf(primary, others...)
	if err != nil {
		panic(err) // the ids of keys are constants
	}
	return keys
}

var (
	newKey, oldKey = key{"new", 0x36}, key{"old", 0x5c}

	before = ring(oldKey, newKey) // the new key is known
	during = ring(newKey, oldKey) // it seals
	after  = ring(newKey)         // the old one is gone
)
