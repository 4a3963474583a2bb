// Package servicetest is what the tests of all services share: keys that a server
// of a test has, faults that it plays, and what a Wrapper has to make of these.
package servicetest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"net/http"
	"sync"
	"testing"
)

// Fault is what a server does instead of answering.
type Fault string

const (
	Deny     Fault = "denial"                        // not allowed
	Missing  Fault = "no such key"                   //
	Disabled Fault = "disabled key"                  // disabled, or waiting to be destroyed
	Throttle Fault = "throttling"                    // too many requests
	Down     Fault = "unavailable"                   // for now
	Stall    Fault = "timeout"                       // no answer
	Unopened Fault = "wrong ciphertext"              // what is to be decrypted does not open
	Other    Fault = "wrong answer"                  // a well-formed answer with other bytes of the same number
	Short    Fault = "short answer"                  // the same, with fewer bytes
	Empty    Fault = "empty answer"                  // success, without what was asked for
	Cut      Fault = "answer cut off"                // the connection ends amid the answer
	Foreign  Fault = "answer by another key"         // the answer is well-formed, and names another key
	Echo     Fault = "an error that repeats the key" // not allowed, and the text has what was to be encrypted
)

// Server is what a test knows of its server.
type Server struct {
	mu    sync.Mutex
	fault Fault
	times int
	calls int
	keys  map[string][]*key
	last  []byte
	done  chan struct{}
}

type key struct{ aead cipher.AEAD }

// NewServer returns a server without keys. What it stalls ends with the test.
func NewServer(t testing.TB) *Server {
	s := &Server{keys: map[string][]*key{}, done: make(chan struct{})}
	t.Cleanup(s.release)
	return s
}

func (s *Server) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
	default:
		close(s.done)
	}
}

// Play lets the server play a fault at the next calls: so many, or all if times is
// -1.
func (s *Server) Play(f Fault, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.times, s.calls = f, times, 0
}

// Calls returns how many calls came since Play.
func (s *Server) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// Next counts a call and returns the fault that it gets, or "". A server calls it
// first. It returns from a stall when the caller, or the test, is done.
func (s *Server) Next(callerDone <-chan struct{}) Fault {
	s.mu.Lock()
	s.calls++
	f := s.fault
	if s.times == 0 {
		f = ""
	} else if s.times > 0 {
		s.times--
	}
	s.mu.Unlock()
	if f == Stall {
		select {
		case <-callerDone:
		case <-s.done:
		}
	}
	return f
}

// Rotate makes a new version of a key, which encrypts from then on. Versions count
// from 1. The first makes the key.
func (s *Server) Rotate(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	random := make([]byte, 32)
	rand.Read(random)
	block, err := aes.NewCipher(random)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	s.keys[name] = append(s.keys[name], &key{aead})
}

// Encrypt returns a ciphertext and the version that made it, 0 if there is no such
// key. A version of 0 asks for the newest.
func (s *Server) Encrypt(name string, version int, plain, context []byte) ([]byte, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = bytes.Clone(plain)
	if version == 0 {
		version = len(s.keys[name])
	}
	if version < 1 || version > len(s.keys[name]) {
		return nil, 0
	}
	text := binary.BigEndian.AppendUint32(nil, uint32(version))
	return s.keys[name][version-1].aead.Seal(text, nil, plain, context), version
}

// Decrypt returns what the key encrypted, and the version that did, or 0.
func (s *Server) Decrypt(name string, ciphertext, context []byte) ([]byte, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(ciphertext) < 4 {
		return nil, 0
	}
	version := int(binary.BigEndian.Uint32(ciphertext))
	if version < 1 || version > len(s.keys[name]) {
		return nil, 0
	}
	plain, err := s.keys[name][version-1].aead.Open(nil, nil, ciphertext[4:], context)
	if err != nil {
		return nil, 0
	}
	return plain, version
}

// Sent returns what was to be encrypted last.
func (s *Server) Sent() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// Answer changes a good answer as a fault wants it.
func Answer(f Fault, good []byte) []byte {
	switch f {
	case Other:
		return bytes.Repeat([]byte{7}, len(good))
	case Short:
		return good[:len(good)/2]
	case Empty:
		return nil
	}
	return good
}

// CutOff answers a request over HTTP with half of a body, and ends the connection.
func CutOff(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Length", "1000000")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body[:len(body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
