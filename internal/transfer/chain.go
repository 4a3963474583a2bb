package transfer

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"

	jsonv2 "github.com/go-json-experiment/json"

	eso "github.com/esogen/esogen/runtime"
)

// The labels of the MACs, and of the new ids.
const (
	headerLabel     = "esogen export 1 header"
	checkpointLabel = "esogen export 1 checkpoint"
	endLabel        = "esogen export 1 end"
	newIDLabel      = "esogen export 1 new id"
)

// chain is how far the MACs of a stream have come.
type chain struct {
	key    eso.Key
	before []byte    // the last MAC
	text   hash.Hash // of the lines since
}

func newChain(key eso.Key) *chain { return &chain{key: key, text: sha256.New()} }

// covers takes lines in, which the next MAC vouches for.
func (c *chain) covers(lines []byte) { c.text.Write(lines) }

// next returns the MAC over what the chain has taken in since the last one.
func (c *chain) next(ctx context.Context, label string) ([]byte, error) {
	message := append([]byte(label), 0)
	message = append(message, c.before...)
	mac, err := c.key.MAC(ctx, c.text.Sum(message))
	if err != nil {
		return nil, err
	}
	c.before = mac[:]
	c.text.Reset()
	return c.before, nil
}

const (
	macMember = `,"mac":"`
	macLength = len(macMember) + 2*sha256.Size + len("\"}\n")
)

// seal returns a line with its MAC.
func (c *chain) seal(ctx context.Context, label string, line any) ([]byte, error) {
	text, err := jsonv2.Marshal(line)
	if err != nil {
		return nil, err
	}
	text = text[:len(text)-1] // the brace
	c.covers(text)
	mac, err := c.next(ctx, label)
	if err != nil {
		return nil, err
	}
	text = append(text, macMember...)
	return append(hex.AppendEncode(text, mac), "\"}\n"...), nil
}

// verify verifies a line with a MAC, which ends with its line feed, and decodes it. It
// decodes nothing before.
func (c *chain) verify(ctx context.Context, label string, line []byte, into any) error {
	if len(line) < macLength {
		return ErrFormat
	}
	text, end := line[:len(line)-macLength], line[len(line)-macLength:]
	c.covers(text)
	mac, err := c.next(ctx, label)
	if err != nil {
		return err
	}
	want := append(hex.AppendEncode([]byte(macMember), mac), "\"}\n"...)
	if !hmac.Equal(want, end) {
		return ErrForged
	}
	return strict(append(text[:len(text):len(text)], '}'), into)
}
