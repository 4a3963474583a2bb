package kibanaindex

import (
	"fmt"
	"strconv"
	"strings"

	eso "github.com/esogen/esogen/runtime"
)

// ID returns the _id of an object of a type whose namespaces are of a kind:
// "type:id", with "namespace:" before it for objects of the kind single that are
// not in the default namespace.
func ID(kind eso.Namespaces, ref eso.Ref) string {
	return idPrefix(kind, namespaceOf(ref), ref.Type) + ref.ID
}

// namespaceOf returns the namespace as the index has it: the default one is "".
func namespaceOf(ref eso.Ref) string {
	if ref.Namespace == "default" {
		return ""
	}
	return ref.Namespace
}

// ObjectID returns the id of the object in a document, given the _id, and the
// namespace, "" if there is none, and the type of its _source. It reports whether
// the _id is theirs: Kibana takes no other document for an object.
func ObjectID(kind eso.Namespaces, namespace, typeName, id string) (string, bool) {
	rest, ok := strings.CutPrefix(id, idPrefix(kind, namespace, typeName))
	return rest, ok && rest != ""
}

func idPrefix(kind eso.Namespaces, namespace, typeName string) string {
	if kind == eso.Single && namespace != "" {
		return namespace + ":" + typeName + ":"
	}
	return typeName + ":"
}

// Stamp returns the typeMigrationVersion of a model: "10.N.0".
func Stamp(model int) string { return fmt.Sprintf("10.%d.0", model) }

// Model returns the model that a version is the stamp of: N of "10.N.0". It is 1
// for "", and for versions below 10.1.0, which are of before there were models.
//
// The error wraps [eso.ErrMalformed] for what is no version, and [eso.ErrModel]
// for a version of no model.
func Model(version string) (int, error) {
	if version == "" {
		return 1, nil
	}
	var numbers [3]int
	parts := strings.SplitN(version, ".", 4)
	if len(parts) != 3 {
		return 0, fmt.Errorf("%w: not a version", eso.ErrMalformed)
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 31)
		if err != nil || (len(part) > 1 && part[0] == '0') {
			return 0, fmt.Errorf("%w: not a version", eso.ErrMalformed)
		}
		numbers[i] = int(n)
	}
	switch major, minor, patch := numbers[0], numbers[1], numbers[2]; {
	case major < 10, major == 10 && minor == 0:
		return 1, nil
	case major > 10, patch != 0:
		return 0, fmt.Errorf("%w: the version of no model", eso.ErrModel)
	default:
		return minor, nil
	}
}
