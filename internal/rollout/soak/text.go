package soak

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	eso "github.com/esogen/esogen/runtime"
)

// makers make values of types that reflection alone cannot fill: a secret keeps
// its value where nothing reaches it.
var makers sync.Map // reflect.Type to maker

type maker struct {
	secret func(text string) (reflect.Value, error)
	reveal func(v reflect.Value) (text string, present bool)
	set    func(text string) (reflect.Value, error) // "" takes the attribute away
	with   func(v reflect.Value) reflect.Value      // the change that sets a value
	within func(v reflect.Value, work func(reflect.Value) error) error
}

// Kind makes known a Go type of values: an enum of a generated package.
func Kind[T any]() {
	makers.Store(reflect.TypeFor[eso.Secret[T]](), maker{
		secret: func(text string) (reflect.Value, error) {
			var v T
			err := put(reflect.ValueOf(&v).Elem(), text)
			return reflect.ValueOf(eso.NewSecret(v)), err
		},
		reveal: func(v reflect.Value) (string, bool) {
			secret := v.Interface().(eso.Secret[T])
			value, err := secret.Reveal()
			if err != nil {
				return "", false
			}
			return TextOf(value), true
		},
		within: func(v reflect.Value, work func(reflect.Value) error) error {
			secret := v.Interface().(eso.Secret[T])
			value, err := secret.Reveal()
			if err != nil {
				return err
			}
			if err := work(reflect.ValueOf(&value).Elem()); err != nil {
				return err
			}
			v.Set(reflect.ValueOf(eso.NewSecret(value)))
			return nil
		},
	})
	change[T]()
	change[eso.Null[T]]()
}

func change[T any]() {
	makers.Store(reflect.TypeFor[eso.Change[T]](), maker{set: func(text string) (reflect.Value, error) {
		if text == "" {
			return reflect.ValueOf(eso.Unset[T]()), nil
		}
		var v T
		err := put(reflect.ValueOf(&v).Elem(), text)
		return reflect.ValueOf(eso.Set(v)), err
	}, with: func(v reflect.Value) reflect.Value { return reflect.ValueOf(eso.Set(v.Interface().(T))) }})
}

func init() {
	Kind[string]()
	Kind[int64]()
	Kind[bool]()
	Kind[time.Time]()
	Kind[[]string]()
	Kind[map[string]string]()
}

// stripped is the text of a secret that a normal read has left out.
const stripped = "stripped"

// TextOf returns the JSON text of a Go value, "" where it is absent.
func TextOf(v any) string { return textOf(reflect.ValueOf(v)) }

func textOf(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		return textOf(v.Elem())
	}
	if m, ok := makers.Load(v.Type()); ok {
		text, present := m.(maker).reveal(v)
		if !present {
			return stripped
		}
		return text
	}
	if isNull(v.Type()) {
		if !v.FieldByName("Valid").Bool() {
			return "null"
		}
		return textOf(v.FieldByName("V"))
	}
	switch {
	case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]():
		return structText(v)
	case v.Kind() == reflect.Slice:
		return listText(v)
	case v.Kind() == reflect.Map:
		return mapText(v)
	}
	if v.Kind() == reflect.String { // an enum that only secrets have prints nothing of itself
		return encode(v.String())
	}
	text, err := json.Marshal(v.Interface())
	if err != nil {
		panic(err) // the values of this package have a JSON text
	}
	return string(text)
}

func isNull(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && strings.HasPrefix(t.Name(), "Null[")
}

// put gives a Go value the meaning of a JSON text, "" for absent.
func put(v reflect.Value, text string) error {
	m, known := makers.Load(v.Type())
	switch {
	case known && m.(maker).set != nil:
		value, err := m.(maker).set(text)
		if err != nil {
			return err
		}
		v.Set(value)
		return nil
	case v.Kind() == reflect.Pointer && text == "":
		v.SetZero()
		return nil
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return put(v.Elem(), text)
	case known:
		value, err := m.(maker).secret(text)
		if err != nil {
			return err
		}
		v.Set(value)
		return nil
	case isNull(v.Type()):
		v.SetZero()
		if text == "null" {
			return nil
		}
		v.FieldByName("Valid").SetBool(true)
		return put(v.FieldByName("V"), text)
	case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]():
		return putStruct(v, text)
	case v.Kind() == reflect.Slice:
		return putList(v, text)
	case v.Kind() == reflect.Map:
		return putMap(v, text)
	default:
		return json.Unmarshal([]byte(text), v.Addr().Interface())
	}
}

// conversions are pairs of functions over JSON texts, there and back. They take
// any value of their kind, as those of a product have to.
var conversions = map[string][2]func(text string) string{
	"reverse": {reverse, reverse},
	"negate":  {negate, negate},
	"not":     {not, not},
	"quote":   {quote, number},
	"wrap":    {wrap, first},
}

// ConvertText converts the JSON text of a value, null to null.
func ConvertText(name, text string) string { return convertText(name, 0, text) }

func convertText(name string, direction int, text string) string {
	if text == "null" {
		return text
	}
	return conversions[name][direction](text)
}

// Convert is the body of a handwritten conversion.
func Convert[A, B any](name string, v A) (b B) { return convert[A, B](name, 0, v) }

// Revert is the body of its inverse.
func Revert[B, A any](name string, v B) (a A) { return convert[B, A](name, 1, v) }

func convert[A, B any](name string, direction int, v A) (b B) {
	if err := put(reflect.ValueOf(&b).Elem(), convertText(name, direction, TextOf(v))); err != nil {
		panic(err) // the kinds of a conversion are those that it was drawn for
	}
	return b
}

// Compute is the body of a handwritten function for a computed value: one of some
// texts, chosen by all inputs.
func Compute[T any](gives []string, inputs ...any) (v T) {
	texts := make([]string, len(inputs))
	for i, input := range inputs {
		texts[i] = TextOf(input)
	}
	if err := put(reflect.ValueOf(&v).Elem(), gives[pick(texts, len(gives))]); err != nil {
		panic(err) // the texts are of the kind
	}
	return v
}

// pick chooses a number below n by the texts of inputs, "" for an absent one.
func pick(texts []string, n int) int {
	h := fnv.New32a()
	for _, text := range texts {
		_, _ = h.Write(append([]byte(text), 0)) // a hash takes everything
	}
	return int(h.Sum32()>>8) % n
}

func reverse(text string) string {
	runes := []rune(unquote(text))
	slices.Reverse(runes)
	return encode(string(runes))
}

func unquote(text string) string {
	var s string
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		panic(fmt.Sprintf("%q is not a string", text))
	}
	return s
}

func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers have a JSON text
	}
	return string(text)
}

func negate(text string) string {
	if rest, ok := strings.CutPrefix(text, "-"); ok || text == "0" {
		return rest
	}
	return "-" + text
}

func not(text string) string { return strconv.FormatBool(text != "true") }

func quote(text string) string { return encode(text) }

func number(text string) string {
	n, err := strconv.ParseInt(unquote(text), 10, 64)
	if err != nil || encode(strconv.FormatInt(n, 10)) != text {
		return "0"
	}
	return strconv.FormatInt(n, 10)
}

func wrap(text string) string { return "[" + text + "]" }

func first(text string) string {
	var list []string
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(list) == 0 {
		return `""`
	}
	return encode(list[0])
}
