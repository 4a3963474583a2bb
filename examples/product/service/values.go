package service

import eso "github.com/esogen/esogen/runtime"

// Secret returns the secret of an optional value in a request.
func Secret(value *string) *eso.Secret[string] {
	if value == nil {
		return nil
	}
	return new(eso.NewSecret(*value))
}

// Given returns the change to an optional value in a request: none if it is left out.
func Given[T any](value *T) eso.Change[T] {
	if value == nil {
		return eso.Change[T]{}
	}
	return eso.Set(*value)
}
