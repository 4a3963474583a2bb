package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

const bufYAML = `version: v2
modules:
  - path: proto
`

const bufGenYAML = `version: v2
plugins:
  - local: [%q]
    out: generated
    opt: paths=source_relative
`

// protoFiles returns the files of a buf project that declares the corpus, with
// so many messages in each proto file. Each file is a Go package of its own, as
// esogen emits one per type. plugin is the path of protoc-gen-go.
func protoFiles(objects []object, perFile int, plugin string) map[string]string {
	files := map[string]string{
		"buf.yaml":     bufYAML,
		"buf.gen.yaml": fmt.Sprintf(bufGenYAML, plugin),
	}
	for group := range slices.Chunk(objects, perFile) {
		name := group[0].name
		var b strings.Builder
		protoHeader(&b, name)
		for _, o := range group {
			protoMessage(&b, o)
		}
		files[filepath.Join("proto", "corpus", name, "v1", name+".proto")] = b.String()
	}
	return files
}

func protoHeader(b *strings.Builder, name string) {
	fmt.Fprintf(b, "syntax = \"proto3\";\n\npackage corpus.%s.v1;\n\n", name)
	b.WriteString("import \"google/protobuf/timestamp.proto\";\n\n")
	fmt.Fprintf(b, "option go_package = \"example.com/corpus/%s/v1;corpusv1\";\n", name)
}

func protoMessage(b *strings.Builder, o object) {
	fmt.Fprintf(b, "\n// %s is one of the generated types.\nmessage %s {\n", camel(o.name), camel(o.name))
	for i, a := range o.attributes {
		switch a.kind {
		case choice:
			protoEnum(b, a)
		case nested:
			b.WriteString("  message " + camel(a.name) + " {\n    int64 interval = 1;\n    string unit = 2;\n" +
				"    optional string timezone = 3;\n    bool paused = 4;\n  }\n")
		}
		fmt.Fprintf(b, "  // %s\n  %s %s = %d;\n", a.doc, protoType(a), snake(a.name), i+1)
	}
	b.WriteString("}\n")
}

func protoEnum(b *strings.Builder, a attribute) {
	prefix := strings.ToUpper(snake(a.name)) + "_"
	fmt.Fprintf(b, "  enum %s {\n    %sUNSPECIFIED = 0;\n", camel(a.name), prefix)
	for i, v := range a.values {
		fmt.Fprintf(b, "    %s%s = %d;\n", prefix, strings.ToUpper(v), i+1)
	}
	b.WriteString("  }\n")
}

func protoType(a attribute) string {
	name := map[kind]string{
		text: "string", boolean: "bool", integer: "int64", timestamp: "google.protobuf.Timestamp",
		choice: camel(a.name), texts: "repeated string", labels: "map<string, string>", nested: camel(a.name),
	}[a.kind]
	switch a.kind {
	case text, boolean, integer, choice:
		if a.optional {
			return "optional " + name
		}
	}
	return name
}

// camel turns snake case and lower camel case into upper camel case.
func camel(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// snake turns lower camel case into snake case.
func snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
