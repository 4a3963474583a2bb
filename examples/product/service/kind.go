package service

import (
	"net/http"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// Kind is one type of saved objects as the service offers it: a Type.
type Kind interface {
	// definition is what migrations and rotations work on.
	definition() *eso.Definition

	// mount puts the kind's routes into a multiplexer.
	mount(mux *http.ServeMux, s *store.Store, fail func(http.ResponseWriter, *http.Request, error))
}

// Decode reads the body of a request into a struct. A member that the struct
// lacks is an error, so that nothing is lost unseen.
type Decode func(into any) error

// Type says how the service offers a generated package. T is its struct.
type Type[T any] struct {
	Plural  string // in the path
	Objects *eso.Objects[T]

	// Create makes a new object from the body of a POST.
	Create func(Decode) (*T, error)

	// Patch makes a patch from the body of a PATCH: plain attributes only, and
	// the type of a patch has no other.
	Patch func(Decode) (store.Patcher[T], error)

	// Replace makes the change that a PUT of the credentials makes.
	Replace func(Decode) (func(*T), error)

	// Show returns what a GET shows.
	Show func(*T) any

	// Secrets returns the secrets that a test of the object signs with; those
	// that it lacks are nil.
	Secrets func(*T) map[string]*eso.Secret[string]

	// Used notes that the secrets were used. Nil where nobody counts.
	Used func(*T)

	// Filters are the parameters by which a list can be restricted.
	Filters map[string]func(value string) eso.Filter[T]
}

func (t *Type[T]) definition() *eso.Definition { return t.Objects.Definition }

func (t *Type[T]) mount(mux *http.ServeMux, s *store.Store, fail func(http.ResponseWriter, *http.Request, error)) {
	k := &kind[T]{Type: t, objects: store.Of(s, t.Objects)}
	base := "/api/{namespace}/" + t.Plural
	for pattern, handle := range map[string]func(*http.Request) (int, any, error){
		"GET " + base:                       k.list,
		"POST " + base:                      k.create,
		"GET " + base + "/{id}":             k.get,
		"PATCH " + base + "/{id}":           k.patch,
		"PUT " + base + "/{id}/credentials": k.replace,
		"POST " + base + "/{id}/test":       k.test,
		"DELETE " + base + "/{id}":          k.delete,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			status, result, err := handle(r)
			if err != nil {
				fail(w, r, err)
				return
			}
			answer(w, status, result)
		})
	}
}
