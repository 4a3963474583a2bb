package definition

import (
	"fmt"
	"strings"
)

// CheckAll tells where types are in each other's way: as names in the store,
// as files on a disk that does not tell cases apart, as Go packages. A retired
// type keeps its name, but has no package. The problem stands on the later one
// of two.
func CheckAll(types []*Type) []Problem {
	var problems []Problem
	names, packages := map[string]*Type{}, map[string]*Type{}
	for _, t := range types {
		fail := func(rule string, path Path, message, hint string) {
			problems = append(problems, Problem{Rule: "definition/" + rule, Severity: Error, Type: t.Name, Path: path, Message: message, Hint: hint})
		}
		folded := strings.ToLower(t.Name)
		first, taken := names[folded]
		switch {
		case !taken:
			names[folded] = t
		case first.Name == t.Name:
			fail("same-name", Path{"name"}, fmt.Sprintf("two types have the name %q", t.Name)+retired(first, t),
				`give one of them another name: name: "…", or another label`)
			continue
		default:
			fail("same-name", Path{"name"}, fmt.Sprintf("the types %q and %q differ by case only", first.Name, t.Name)+retired(first, t),
				"choose names that stay apart on every file system")
			continue
		}
		if t.Retired {
			continue
		}
		if first, taken := packages[t.Package()]; taken {
			fail("same-package", nil, fmt.Sprintf("the types %q and %q would both be the Go package %s", first.Name, t.Name, t.Package()),
				"give one of them another Go name: @go(Name) behind the type")
			continue
		}
		packages[t.Package()] = t
	}
	return problems
}

func retired(first, second *Type) string {
	if first.Retired != second.Retired {
		return "; the name of a retired type stays taken"
	}
	return ""
}
