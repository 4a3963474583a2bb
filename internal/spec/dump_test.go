package spec

import (
	"fmt"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// dump writes a definition for people: everything that a spec can say, a line
// for each thing.
func dump(t *definition.Type) string {
	var b strings.Builder
	line := func(depth int, format string, args ...any) {
		fmt.Fprintf(&b, "%s%s\n", strings.Repeat("\t", depth), fmt.Sprintf(format, args...))
	}
	line(0, "type %q%s write %d oldest %d%s", t.Name, when(t.Label != t.Name, " label %q", t.Label)+when(t.GoName != "", " @go(%s)", t.GoName),
		t.Write, t.Oldest, when(!t.RandomID, " randomID=false")+when(t.DottedNames, " dottedNames")+when(t.Retired, " retired"))
	if t.Doc != "" {
		line(1, "// %q", t.Doc)
	}
	if t.Flag != "" {
		line(1, "flag %q", t.Flag)
	}
	if len(t.Exposes) > 0 {
		line(1, "exposes %q", t.Exposes)
	}
	for _, e := range t.Exceptions {
		line(1, "exception %q attribute %q model %d reason %q until %q", e.Rule, e.Attribute, e.Model, e.Reason, e.Until)
	}
	for _, m := range t.Models {
		line(1, "model %d %s %s%s", m.Number, m.Namespaces, m.Format, when(m.Doc != "", " // %q", m.Doc))
		for _, a := range m.Declared {
			dumpAttribute(line, 2, a)
		}
		dumpList(line, "removed", m.Removed, len(m.Removed) > 0)
		for _, r := range m.Renamed {
			line(2, "renamed %q from %q%s", r.New, r.Old, when(r.Convert, " convert"))
		}
		for _, f := range m.Backfill {
			line(2, "backfill %q %s", f.Name, f.Value)
		}
		for _, f := range m.Computed {
			line(2, "computed %q from %q", f.Name, f.Inputs)
		}
		dumpList(line, "encrypted", m.Encrypted, m.StatesEncrypted)
		dumpList(line, "aad", m.AAD, m.StatesAAD)
	}
	return b.String()
}

func dumpList(line func(int, string, ...any), key string, names []string, stated bool) {
	if stated {
		line(2, "%s %q", key, names)
	}
}

func dumpAttribute(line func(int, string, ...any), depth int, a definition.Attribute) {
	line(depth, "%q%s %s%s%s%s", a.Name, when(a.Optional, "?"), value(a.Value),
		when(a.Default != "", " default %s", a.Default), when(a.GoName != "", " @go(%s)", a.GoName), when(a.Doc != "", " // %q", a.Doc))
	for v := &a.Value; v != nil; v = v.Elem {
		for _, f := range v.Fields {
			dumpAttribute(line, depth+1, f)
		}
	}
}

func value(v definition.Value) string {
	text := string(v.Kind)
	if v.Definition != "" {
		text += " " + v.Definition + when(v.GoName != "", "@go(%s)", v.GoName) + when(v.Doc != "", "(%q)", v.Doc)
	}
	if len(v.Enum) > 0 {
		text += " of " + strings.Join(v.Enum, "|")
	}
	if len(v.Not) > 0 {
		text += " not " + strings.Join(v.Not, "|")
	}
	if v.Min != nil {
		text += " " + map[bool]string{true: ">", false: ">="}[v.Min.Exclusive] + v.Min.Number
	}
	if v.Max != nil {
		text += " " + map[bool]string{true: "<", false: "<="}[v.Max.Exclusive] + v.Max.Number
	}
	if v.MinLength != nil {
		text += fmt.Sprintf(" minlen %d", *v.MinLength)
	}
	if v.MaxLength != nil {
		text += fmt.Sprintf(" maxlen %d", *v.MaxLength)
	}
	for _, p := range v.Patterns {
		text += fmt.Sprintf(" =~%q", p)
	}
	for _, p := range v.NotPatterns {
		text += fmt.Sprintf(" !~%q", p)
	}
	if v.Elem != nil {
		text += "[" + value(*v.Elem) + "]"
	}
	return text + when(v.Nullable, " nullable")
}

func when(condition bool, format string, args ...any) string {
	if !condition {
		return ""
	}
	return fmt.Sprintf(format, args...)
}
