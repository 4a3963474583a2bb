package store

import (
	"encoding/base64"
	"encoding/json"
	"errors"
)

// Cursor is a place in the order of objects, which is that of their keys. The zero
// value comes before all of them. As text, it can go through a URL and come back, for
// services that page. It holds the namespace and the id of an object, and is not a
// secret.
type Cursor struct {
	scope, id string
	set       bool
}

// Cursor returns the place of the object. A search after it continues one that
// returned the object last: see [Query].After.
func (o *Object[T]) Cursor() Cursor { return o.cursor }

func (r *row) cursor() Cursor { return Cursor{r.scope, r.id, true} }

// before reports whether a place comes before another.
func (c Cursor) before(other Cursor) bool {
	if !c.set || c.scope != other.scope {
		return !c.set || c.scope < other.scope
	}
	return c.id < other.id
}

// MarshalText returns the cursor as base64url without padding, "" for the zero
// value. It never fails.
func (c Cursor) MarshalText() ([]byte, error) {
	if !c.set {
		return []byte{}, nil
	}
	text, err := json.Marshal([2][]byte{[]byte(c.scope), []byte(c.id)})
	if err != nil {
		return nil, err
	}
	return base64.RawURLEncoding.AppendEncode(nil, text), nil
}

// String returns what MarshalText does.
func (c Cursor) String() string {
	text, err := c.MarshalText()
	if err != nil {
		return ""
	}
	return string(text)
}

var errCursor = errors.New("store: not a cursor")

// UnmarshalText reads what MarshalText returned, and refuses anything else. The text
// may come from anyone: a cursor only decides where a search begins.
func (c *Cursor) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*c = Cursor{}
		return nil
	}
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(string(text))
	if err != nil {
		return errCursor
	}
	var parts [][]byte
	if json.Unmarshal(decoded, &parts) != nil || len(parts) != 2 {
		return errCursor
	}
	// The database may hold keys that the store does not write, and a search must get
	// past them too.
	read := Cursor{string(parts[0]), string(parts[1]), true}
	if read.String() != string(text) {
		return errCursor
	}
	*c = read
	return nil
}
