package envelope

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// The limits of what is wrapped.
const (
	version       = 1
	keySize       = 32
	sealOverhead  = 12 + 16 // nonce and tag
	maxSecret     = 1024    // as eso.Wrapper has it
	maxScheme     = 32
	maxName       = 512
	maxCiphertext = 16 << 10
)

// parts are those of what is wrapped; header is all before sealed.
type parts struct {
	scheme, name       string
	ciphertext, sealed []byte
	header             []byte
}

// frame returns the bytes before the sealed secret, which are its additional data.
func frame(scheme, name string, ciphertext []byte) ([]byte, error) {
	switch {
	case len(ciphertext) == 0:
		return nil, errors.New("no ciphertext")
	case len(ciphertext) > maxCiphertext:
		return nil, fmt.Errorf("a ciphertext of %d bytes, more than %d", len(ciphertext), maxCiphertext)
	}
	if err := printable(name); err != nil {
		return nil, fmt.Errorf("the name of its key: %w", err)
	}
	text := make([]byte, 0, 1+2+len(scheme)+2+len(name)+2+len(ciphertext)+maxSecret+sealOverhead)
	text = append(text, version)
	for _, part := range []string{scheme, name, string(ciphertext)} {
		text = binary.BigEndian.AppendUint16(text, uint16(len(part)))
		text = append(text, part...)
	}
	return text, nil
}

var errCut = errors.New("cut off")

// parse splits what was wrapped, and checks all that needs no call.
func parse(wrapped []byte) (parts, error) {
	switch {
	case len(wrapped) == 0:
		return parts{}, errors.New("empty")
	case wrapped[0] != version:
		return parts{}, fmt.Errorf("version %d, and this program knows version %d", wrapped[0], version)
	case len(wrapped) > 1+3*2+maxScheme+maxName+maxCiphertext+maxSecret+sealOverhead:
		return parts{}, errors.New("too long")
	}
	rest, err := wrapped[1:], error(nil)
	next := func(limit int) []byte {
		if err != nil || len(rest) < 2 {
			err = errCut
			return nil
		}
		size := int(binary.BigEndian.Uint16(rest))
		switch rest = rest[2:]; {
		case size == 0 || size > limit:
			err = fmt.Errorf("a part of %d bytes: not from 1 to %d", size, limit)
			return nil
		case size > len(rest):
			err = errCut
			return nil
		}
		part := rest[:size]
		rest = rest[size:]
		return part
	}
	p := parts{scheme: string(next(maxScheme)), name: string(next(maxName)), ciphertext: next(maxCiphertext)}
	if err != nil {
		return parts{}, err
	}
	p.sealed, p.header = rest, wrapped[:len(wrapped)-len(rest)]
	if len(p.sealed) <= sealOverhead {
		return parts{}, errCut
	}
	if len(p.sealed) > maxSecret+sealOverhead {
		return parts{}, errors.New("too long")
	}
	if err := printable(p.name); err != nil {
		return parts{}, fmt.Errorf("the name of its key: %w", err)
	}
	return p, nil
}

// printable returns why a name is not one to show a person.
func printable(name string) error {
	switch {
	case name == "":
		return errors.New("empty")
	case len(name) > maxName:
		return fmt.Errorf("%d bytes, more than %d", len(name), maxName)
	case strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("it has a character that is not printable ASCII")
	}
	return nil
}
