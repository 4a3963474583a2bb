package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	eso "github.com/esogen/esogen/runtime"
)

// NewIDs gives the objects of a stream new ids, the same whenever the stream is imported.
//
// Nothing says which attributes hold the ids of other objects. So NewIDs knows all ids of
// the stream beforehand, and an object one of whose attributes holds such an id anywhere,
// in the clear, is refused rather than imported with a reference that leads nowhere. What
// secrets hold, nobody sees.
type NewIDs struct {
	// Map, if it is set, is called with the old identity and the new id of each object
	// that the store has now.
	Map func(old eso.Ref, id string) error

	ids map[[16]byte]bool // hashes of the ids in the stream
}

// Collect reads a stream to its end, and remembers the ids of its objects. It fails as
// Reader.Next does.
func (n *NewIDs) Collect(ctx context.Context, r *Reader) error {
	n.ids = map[[16]byte]bool{}
	for {
		s, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, line := range s.Lines {
			if line.Object != nil {
				n.ids[hashOf(line.Object.Doc.Ref.ID)] = true
			}
		}
	}
}

func hashOf(id string) (hash [16]byte) {
	sum := sha256.Sum256([]byte(id))
	copy(hash[:], sum[:])
	return hash
}

// of returns the new id of an object. It is a UUID of version 8 (RFC 9562, section 5.8):
// bits of a MAC over the stream and the old identity.
func (n *NewIDs) of(ctx context.Context, r Source, ref eso.Ref) (string, error) {
	message := append([]byte(newIDLabel), 0)
	for _, part := range []string{r.Stream(), ref.Type, ref.Namespace, ref.ID} {
		message = append(binary.BigEndian.AppendUint32(message, uint32(len(part))), part...)
	}
	mac, err := r.Key().MAC(ctx, message)
	if err != nil {
		return "", err
	}
	mac[6], mac[8] = mac[6]&0x0f|0x80, mac[8]&0x3f|0x80
	digits := hex.EncodeToString(mac[:16])
	return fmt.Sprintf("%s-%s-%s-%s-%s", digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]), nil
}

// reference returns the first attribute that holds an id of the stream, as a string at
// any depth or as the name of a member.
func (n *NewIDs) reference(attributes []byte) (attribute string, found bool) {
	decoder := jsontext.NewDecoder(bytes.NewReader(attributes), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	for {
		token, err := decoder.ReadToken()
		if err != nil {
			return "", false // the end; if it is another error, the store says what is wrong
		}
		depth := decoder.StackDepth()
		_, length := decoder.StackIndex(depth)
		if depth == 1 && length%2 == 1 && token.Kind() == '"' {
			attribute = token.String()
		}
		if token.Kind() == '"' && n.ids[hashOf(token.String())] {
			return attribute, true
		}
	}
}
