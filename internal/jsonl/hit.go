package jsonl

import (
	"fmt"
	"slices"
	"strings"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/kibanaindex"
)

// A document of Kibana in Elasticsearch, as searches and gets return it:
//
//	{"_index": …, "_id": "[namespace:]type:id", "_source": {"type": …, type: {attributes}, "namespace": …, …}, …}
//
// Kibana's serializer (packages/core/saved-objects, serialization) is the
// reference: the _id begins with the namespace if the type is of kind single
// and _source has a namespace, which the default one never has.
const (
	idName     = "_id"
	sourceName = "_source"
)

// isHit reports whether a line is a hit and not an object as Kibana's API shows
// it, which may have unknown members of any name.
func isHit(line *object) bool {
	for _, name := range []string{"type", "id", "attributes"} {
		if _, ok := line.get(name); ok {
			return false
		}
	}
	_, id := line.get(idName)
	_, source := line.get(sourceName)
	return id || source
}

// parseHit returns the object in a hit. One that is none of Kibana's has an err.
func parseHit(hit *object) *Line {
	l := &Line{hit: hit}
	raw, ok := hit.get(sourceName)
	if !ok {
		l.err = fmt.Errorf("%w: %q is missing", eso.ErrMalformed, sourceName)
		return l
	}
	source, err := parseObject([]byte(raw))
	if err != nil {
		l.err = fmt.Errorf("%w: %q: %w", eso.ErrMalformed, sourceName, err)
		return l
	}
	l.object = *source
	return l
}

// id returns the id of an object whose namespaces are of a kind, and whether it
// has one.
func (l *Line) id(kind eso.Namespaces) (string, bool, error) {
	if l.hit == nil {
		_, ok := l.get("id")
		id, err := l.text("id")
		return id, ok, err
	}
	raw, ok := l.hit.get(idName)
	if !ok {
		return "", false, fmt.Errorf("%w: %q is missing", eso.ErrMalformed, idName)
	}
	if !strings.HasPrefix(raw, `"`) {
		return "", false, fmt.Errorf("%w: %q is not a string", eso.ErrMalformed, idName)
	}
	whole, err := identity(idName, raw)
	if err != nil {
		return "", false, err
	}
	typeName, err := l.text("type")
	if err != nil {
		return "", false, err
	}
	form, namespace := `"type:id"`, ""
	if kind == eso.Single {
		if namespace, err = l.text("namespace"); err != nil {
			return "", false, err
		}
		if namespace != "" {
			form = `"namespace:type:id"`
		}
	}
	id, ok := kibanaindex.ObjectID(kind, namespace, typeName, whole)
	if !ok {
		return "", false, fmt.Errorf("%w: %q is not %s of what %q says", eso.ErrMalformed, idName, form, sourceName)
	}
	return id, true, nil
}

// stripHit leaves of a hit that failed what Elasticsearch says of it. The rest
// may hold copies of attributes.
func (l *Line) stripHit() {
	l.hit.members = slices.DeleteFunc(l.hit.members, func(m member) bool {
		if m.name == sourceName || m.name == "sort" {
			return false
		}
		return strings.HasPrefix(m.value, "{") || strings.HasPrefix(m.value, "[") || !strings.HasPrefix(m.name, "_") && m.name != "found"
	})
}

// isSummary reports whether a line is the last one of an export by Kibana, which
// counts the objects.
func isSummary(line *object) bool {
	known := 0
	for _, m := range line.members {
		switch m.name {
		case "exportedCount", "missingRefCount", "missingReferences":
			known++
		case "excludedObjects", "excludedObjectsCount":
		default:
			return false
		}
	}
	return known == 3
}
