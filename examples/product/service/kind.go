package service

import (
	"net/http"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// Kind is one type of saved objects in the service: a Type.
type Kind interface {
	// definition is for migrations and rotations.
	definition() *eso.Definition

	// mount adds the routes of the kind.
	mount(mux *http.ServeMux, s *store.Store, fail func(http.ResponseWriter, *http.Request, error))
}

// Decode reads the body of a request into a struct. A member that the struct lacks is
// an error.
type Decode func(into any) error

// Type is how the service offers a generated package, whose struct is T.
type Type[T any] struct {
	Plural  string // in the path
	Objects *eso.Objects[T]

	// Create returns the object in the body of a POST.
	Create func(Decode) (*T, error)

	// Patch returns the patch in the body of a PATCH. Its type has plain attributes
	// only.
	Patch func(Decode) (store.Patcher[T], error)

	// Replace returns the change in the body of a PUT of the credentials.
	Replace func(Decode) (func(*T), error)

	// Show returns what a GET shows.
	Show func(*T) any

	// Secrets returns the secrets that a test of the object signs with; those
	// that it lacks are nil.
	Secrets func(*T) map[string]*eso.Secret[string]

	// Used records that the secrets were used. It may be nil.
	Used func(*T)

	// Filters are the parameters of a list.
	Filters map[string]func(value string) eso.Filter[T]
}

func (t *Type[T]) definition() *eso.Definition { return t.Objects.Definition() }

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
