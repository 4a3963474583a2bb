package definition

import "slices"

// widen returns the narrowest declaration whose Go type holds the values of a
// and of b: an enum becomes the union or a plain string, an integer beside a
// double becomes a double, a timestamp beside a string becomes a string. Bounds
// and patterns remain only if both agree, since values are checked against a and
// b one by one.
func widen(a, b Value) Value {
	if sameShape(a, b) {
		a.Nullable = a.Nullable || b.Nullable
		return a
	}
	wide := combine(a, b)
	wide.Nullable = wide.Kind != JSON && (a.Nullable || b.Nullable)

	// One shared definition is one Go type: only its own shape keeps the label.
	switch {
	case sameShape(wide, b):
		wide.Definition, wide.Doc, wide.GoName = b.Definition, b.Doc, b.GoName
	case sameShape(wide, a):
		wide.Definition, wide.Doc, wide.GoName = a.Definition, a.Doc, a.GoName
	}
	return wide
}

func combine(a, b Value) Value {
	if a.Kind != b.Kind {
		return Value{Kind: widerKind(a.Kind, b.Kind)}
	}
	wide := Value{Kind: a.Kind, Enum: unionOfEnums(a.Enum, b.Enum), Not: common(a.Not, b.Not)}
	wide.Patterns = common(a.Patterns, b.Patterns)
	wide.NotPatterns = common(a.NotPatterns, b.NotPatterns)
	wide.Min, wide.Max = agreed(a.Min, b.Min), agreed(a.Max, b.Max)
	wide.MinLength, wide.MaxLength = agreed(a.MinLength, b.MinLength), agreed(a.MaxLength, b.MaxLength)
	switch {
	case a.Kind == Struct:
		wide.Fields = widenFields(a.Fields, b.Fields)
	case a.Elem != nil && b.Elem != nil:
		elem := widen(*a.Elem, *b.Elem)
		wide.Elem = &elem
	}
	return wide
}

// widerKind returns the narrowest kind that holds the values of two different
// ones. A map that holds structs, too, would need another element.
func widerKind(a, b Kind) Kind {
	for _, kind := range append([]Kind{a}, a.Info().Wider...) {
		if b.In(kind) && !kind.Info().Composite() {
			return kind
		}
	}
	return JSON
}

// widenFields keeps the fields of a. One that only b has is not a field yet, and
// survives as an unknown sub-field does; one that only a has may be absent.
func widenFields(a, b []Attribute) []Attribute {
	fields := make([]Attribute, 0, len(a))
	for _, field := range a {
		i := slices.IndexFunc(b, named(field.Name))
		if i < 0 {
			field.Optional = true
		} else {
			field.Optional = field.Optional || b[i].Optional
			field.Value = widen(field.Value, b[i].Value)
		}
		fields = append(fields, field)
	}
	return fields
}

// unionOfEnums is empty, which means any value, if one of the two allows any.
func unionOfEnums(a, b []string) []string {
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	union := slices.Clone(a)
	for _, value := range b {
		if !slices.Contains(union, value) {
			union = append(union, value)
		}
	}
	return union
}

func common(a, b []string) []string {
	var both []string
	for _, value := range a {
		if slices.Contains(b, value) {
			both = append(both, value)
		}
	}
	return both
}

func agreed[T comparable](a, b *T) *T {
	if a == nil || b == nil || *a != *b {
		return nil
	}
	return a
}
