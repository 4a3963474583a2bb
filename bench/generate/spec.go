package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// specFiles returns the files of an esogen project that declares the corpus:
// one spec a type, as people write them.
func specFiles(objects []object) map[string]string {
	files := map[string]string{
		"go.mod":           "module example.com/corpus\n\ngo 1.26.0\n",
		"specs/shared.cue": sharedSpec,
	}
	for _, o := range objects {
		files[filepath.Join("specs", o.name+".cue")] = spec(o)
	}
	return files
}

const sharedSpec = `package specs

// When an object is due.
#Schedule: {
	// How many units lie between two runs.
	interval: int & >0
	// The unit of the interval.
	unit: string
	// The zone whose days count.
	timezone?: string
	// Whether runs are skipped.
	paused: bool
}
`

func spec(o object) string {
	var b strings.Builder
	b.WriteString("package specs\n\nimport \"github.com/esogen/esogen/eso\"\n\n")
	fmt.Fprintf(&b, "// %s is one of the generated types.\n%s: eso.#Type & {\n", camel(o.name), o.name)
	b.WriteString("\tnamespaces: \"single\"\n\tformat:     \"kibana\"\n")
	specModel(&b, 1, o.attributes[:o.first], o.attributes[:o.first])
	specModel(&b, 2, o.attributes[o.first:], o.attributes)
	b.WriteString("}\n")
	return b.String()
}

// specModel writes a model that declares some attributes, of which it has all.
func specModel(b *strings.Builder, number int, declared, all []attribute) {
	fmt.Fprintf(b, "\n\tmodels: \"%d\": {\n\t\tattributes: {\n", number)
	for _, a := range declared {
		mark := ""
		if a.optional {
			mark = "?"
		}
		fmt.Fprintf(b, "\t\t\t// %s\n\t\t\t%s%s: %s\n", a.doc, a.name, mark, specType(a))
	}
	fmt.Fprintf(b, "\t\t}\n\t\tencrypted: [%s]\n\t\taad: [%s]\n\t}\n", names(all, encrypted), names(all, bound))
}

func specType(a attribute) string {
	switch a.kind {
	case boolean:
		return "bool"
	case integer:
		return "int"
	case timestamp:
		return "eso.#Timestamp"
	case choice:
		return `"` + strings.Join(a.values, `" | "`) + `"`
	case texts:
		return "[...string]"
	case labels:
		return "{[string]: string}"
	case nested:
		return "#Schedule"
	default:
		return "string"
	}
}

func names(attributes []attribute, r role) string {
	var quoted []string
	for _, a := range attributes {
		if a.role == r {
			quoted = append(quoted, `"`+a.name+`"`)
		}
	}
	return strings.Join(quoted, ", ")
}
