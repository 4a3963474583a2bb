package service

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// kind is a Type over a store. Its methods answer requests: with a status and a
// result, or an error.
type kind[T any] struct {
	*Type[T]
	objects *store.Collection[T]
}

// shown is an object in a response, without its secrets.
type shown struct {
	ID         string `json:"id"`
	Namespace  string `json:"namespace"`
	Model      int    `json:"model"`
	Revision   int64  `json:"revision"`
	Attributes any    `json:"attributes,omitempty"`

	// Problem is why the object, or a secret that it exposes, does not open.
	Problem string `json:"problem,omitempty"`
}

func (k *kind[T]) show(o *store.Object[T], problem error) shown {
	s := shown{ID: o.Ref.ID, Namespace: cmp.Or(o.Ref.Namespace, "default"), Model: o.Model, Revision: o.Revision}
	if o.Value != nil {
		s.Attributes = k.Show(o.Value)
	}
	if problem != nil {
		s.Problem = problem.Error()
	}
	return s
}

// ref returns the identity in the path of a request. The store finds the object only if
// that namespace reaches it.
func (k *kind[T]) ref(r *http.Request) eso.Ref {
	return eso.Ref{Namespace: r.PathValue("namespace"), Type: k.Objects.Definition().Type, ID: r.PathValue("id")}
}

// BadRequest marks an error as the fault of the request. Its sender gets the text.
func BadRequest(err error) error { return errRequest{err} }

type errRequest struct{ error }

func decode(r *http.Request) Decode {
	return func(into any) error {
		d := json.NewDecoder(r.Body)
		d.DisallowUnknownFields()
		err := d.Decode(into)
		if err == nil {
			if _, err = d.Token(); errors.Is(err, io.EOF) {
				return nil
			}
			err = cmp.Or(err, errors.New("something follows the JSON value"))
		}
		if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
			return errRefused{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body has more than %d bytes", maxBody)}
		}
		return errRequest{fmt.Errorf("the body: %w", err)}
	}
}

// create creates an object. A client that chose the id can repeat a request without an
// answer: the object may exist by then.
func (k *kind[T]) create(r *http.Request) (int, any, error) {
	object, err := k.Create(decode(r))
	if err != nil {
		return 0, nil, err
	}
	ref := k.ref(r)
	ref.ID = r.URL.Query().Get("id")
	if ref, err = k.objects.Create(r.Context(), ref, object); err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, map[string]string{"id": ref.ID}, nil
}

func (k *kind[T]) get(r *http.Request) (int, any, error) {
	ref := k.ref(r)
	object, err := k.objects.Get(r.Context(), ref)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, k.show(object, object.Problem), nil
}

// list returns a page of the objects of a namespace, and where the next page begins.
func (k *kind[T]) list(r *http.Request) (int, any, error) {
	namespace, limit := r.PathValue("namespace"), 20
	query := store.Query{Namespace: &namespace}
	var filters []eso.Filter[T]
	for name, values := range r.URL.Query() {
		var err error
		switch filter := k.Filters[name]; {
		case filter != nil:
			filters = append(filters, filter(values[0]))
		case name == "limit":
			if limit, err = strconv.Atoi(values[0]); err != nil || limit < 1 || limit > 1000 {
				return 0, nil, errRequest{errors.New("limit is a number from 1 to 1000")}
			}
		case name == "after":
			if query.After.UnmarshalText([]byte(values[0])) != nil {
				return 0, nil, errRequest{errors.New("after is what an earlier answer said")}
			}
		default:
			return 0, nil, errRequest{fmt.Errorf("nothing can be filtered by %q", name)}
		}
	}
	result := struct {
		Objects []shown       `json:"objects"`
		After   *store.Cursor `json:"after,omitempty"`
	}{Objects: []shown{}}
	for object, err := range k.objects.Find(r.Context(), query, filters...) {
		if object == nil {
			return 0, nil, err
		}
		// An object that cannot be read is in the list too, with its problem.
		result.Objects = append(result.Objects, k.show(object, cmp.Or(err, object.Problem)))
		if len(result.Objects) == limit {
			result.After = new(object.Cursor())
			break
		}
	}
	return http.StatusOK, result, nil
}

// patch changes plain attributes. It needs no key, unless the model of the stored object
// binds or encrypts one of them.
func (k *kind[T]) patch(r *http.Request) (int, any, error) {
	patch, err := k.Patch(decode(r))
	if err != nil {
		return 0, nil, err
	}
	ref := k.ref(r)
	return http.StatusNoContent, nil, k.objects.Patch(r.Context(), ref, patch)
}

// replace changes secrets together with the attributes that they are bound to.
func (k *kind[T]) replace(r *http.Request) (int, any, error) {
	replace, err := k.Replace(decode(r))
	if err != nil {
		return 0, nil, err
	}
	ref := k.ref(r)
	return http.StatusNoContent, nil, k.objects.Update(r.Context(), ref, func(object *T) error {
		replace(object)
		return nil
	})
}

// test uses the secrets without showing them: it signs a challenge with each.
func (k *kind[T]) test(r *http.Request) (int, any, error) {
	var body struct {
		Challenge string `json:"challenge"`
	}
	if err := decode(r)(&body); err != nil {
		return 0, nil, err
	}
	ref := k.ref(r)
	var signatures map[string]string
	use := func(object *T) (err error) {
		signatures, err = sign(k.Secrets(object), body.Challenge)
		return err
	}
	if k.Used == nil {
		object, err := k.objects.Open(r.Context(), ref)
		if err == nil {
			err = use(object.Value)
		}
		return http.StatusOK, signatures, err
	}
	err := k.objects.Update(r.Context(), ref, func(object *T) error {
		k.Used(object)
		return use(object)
	})
	return http.StatusOK, signatures, err
}

// sign returns an HMAC-SHA-256 of the challenge under each secret.
func sign(secrets map[string]*eso.Secret[string], challenge string) (map[string]string, error) {
	signatures := map[string]string{}
	for name, secret := range secrets {
		if secret == nil {
			continue
		}
		key, err := secret.Reveal()
		if err != nil {
			return nil, err
		}
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(challenge))
		signatures[name] = hex.EncodeToString(mac.Sum(nil))
	}
	return signatures, nil
}

func (k *kind[T]) delete(r *http.Request) (int, any, error) {
	ref := k.ref(r)
	return http.StatusNoContent, nil, k.objects.Delete(r.Context(), ref)
}
