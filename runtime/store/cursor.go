package store

import (
	"encoding/base64"
	"encoding/json"
	"errors"
)

// Cursor is a place in the order of objects, which is that of their keys. The
// zero value is before all of them. As text, it goes through a URL and comes
// back, for services that page; it holds namespace and id of an object, and is
// no secret.
type Cursor struct {
	scope, id string
	set       bool
}

// Cursor is the place of an object. A search that begins after it goes on where
// one ended that gave the object last.
func (o *Object[T]) Cursor() Cursor { return o.cursor }

func (r *row) cursor() Cursor { return Cursor{r.scope, r.id, true} }

// before tells whether a place is before another.
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

// UnmarshalText reads what MarshalText returned, and refuses all else. The text
// may come from anybody: a cursor only says where a search begins.
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
	// Whoever can write to the database may have put keys there that the store
	// would not: a search has to get past them, too.
	read := Cursor{string(parts[0]), string(parts[1]), true}
	if read.String() != string(text) {
		return errCursor
	}
	*c = read
	return nil
}
