package definition

import "slices"

// Flags returns the flags that types are behind, sorted. Retired types are
// behind none.
func Flags(types []*Type) []string {
	var flags []string
	for _, t := range types {
		if t.Flag != "" && !t.Retired {
			flags = append(flags, t.Flag)
		}
	}
	slices.Sort(flags)
	return slices.Compact(flags)
}

// Used returns the types that a product uses where exactly those flags are on,
// in their order: not the retired ones, and not those behind another flag.
func Used(types []*Type, flags []string) []*Type {
	var used []*Type
	for _, t := range types {
		if !t.Retired && (t.Flag == "" || slices.Contains(flags, t.Flag)) {
			used = append(used, t)
		}
	}
	return used
}
