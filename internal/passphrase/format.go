package passphrase

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// Costs are those of Argon2id (RFC 9106).
type Costs struct {
	Memory uint32 // in KiB
	Passes uint32
	Lanes  uint8
}

// DefaultCosts are the second recommendation of RFC 9106, for machines without
// memory to spare: 64 MiB, and about 0.3 s.
var DefaultCosts = Costs{Memory: 64 << 10, Passes: 3, Lanes: 4}

// The bounds of costs, of those asked for and of those in what is unwrapped. The
// work is memory times passes, whatever the number of lanes.
const (
	minMemory, maxMemory = 16 << 10, 1 << 20 // KiB: 16 MiB to 1 GiB
	minPasses, maxPasses = 1, 64
	minLanes, maxLanes   = 1, 16
	minWork, maxWork     = 32 << 10, 4 << 20 // KiB times passes: 32 MiB to 4 GiB
)

// check is a variable for tests, which cannot wait.
func (c Costs) check() error { return checkCosts(c) }

var checkCosts = func(c Costs) error {
	work := uint64(c.Memory) * uint64(c.Passes)
	switch {
	case c.Memory < minMemory || c.Memory > maxMemory:
		return fmt.Errorf("Argon2id with %d KiB of memory: not from %d to %d", c.Memory, minMemory, maxMemory)
	case c.Passes < minPasses || c.Passes > maxPasses:
		return fmt.Errorf("Argon2id with %d passes: not from %d to %d", c.Passes, minPasses, maxPasses)
	case c.Lanes < minLanes || c.Lanes > maxLanes:
		return fmt.Errorf("Argon2id with %d lanes: not from %d to %d", c.Lanes, minLanes, maxLanes)
	case work < minWork || work > maxWork:
		return fmt.Errorf("Argon2id with %d KiB of memory in all passes: not from %d to %d", work, minWork, maxWork)
	}
	return nil
}

// The parts of what is wrapped, in this order; then the secret, sealed.
const (
	version        = 1
	costsSize      = 4 + 4 + 1
	saltSize       = 16
	commitmentSize = 32
	headerSize     = 1 + costsSize + saltSize + chacha20poly1305.NonceSizeX + commitmentSize

	maxSecret = 1024 // as eso.Wrapper has it
)

type header struct {
	costs      Costs
	salt       [saltSize]byte
	nonce      [chacha20poly1305.NonceSizeX]byte
	commitment [commitmentSize]byte
}

// text returns the bytes of a header, which are the additional data of the AEAD.
func (h header) text() []byte {
	text := make([]byte, 0, headerSize+maxSecret+chacha20poly1305.Overhead)
	text = append(text, version)
	text = binary.BigEndian.AppendUint32(text, h.costs.Memory)
	text = binary.BigEndian.AppendUint32(text, h.costs.Passes)
	text = append(text, h.costs.Lanes)
	text = append(text, h.salt[:]...)
	text = append(text, h.nonce[:]...)
	return append(text, h.commitment[:]...)
}

// parse splits what was wrapped, and checks all that needs no passphrase.
func parse(wrapped []byte) (header, []byte, error) {
	var h header
	switch {
	case len(wrapped) == 0:
		return h, nil, errors.New("empty")
	case wrapped[0] != version:
		return h, nil, fmt.Errorf("version %d, and this program knows version %d", wrapped[0], version)
	case len(wrapped) <= headerSize+chacha20poly1305.Overhead:
		return h, nil, errors.New("too short")
	case len(wrapped) > headerSize+maxSecret+chacha20poly1305.Overhead:
		return h, nil, errors.New("too long")
	}
	rest := wrapped[1:]
	h.costs = Costs{Memory: binary.BigEndian.Uint32(rest), Passes: binary.BigEndian.Uint32(rest[4:]), Lanes: rest[8]}
	rest = rest[costsSize:]
	rest = rest[copy(h.salt[:], rest):]
	rest = rest[copy(h.nonce[:], rest):]
	rest = rest[copy(h.commitment[:], rest):]
	return h, rest, h.costs.check()
}
