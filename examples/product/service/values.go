package service

import eso "github.com/esogen/esogen/runtime"

// Secret makes the optional secret of a request's optional value.
func Secret(value *string) *eso.Secret[string] {
	if value == nil {
		return nil
	}
	return new(eso.NewSecret(*value))
}

// Given makes a change of a request's optional value: none where it is left
// out.
func Given[T any](value *T) eso.Change[T] {
	if value == nil {
		return eso.Change[T]{}
	}
	return eso.Set(*value)
}
