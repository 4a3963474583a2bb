package passphrase

import (
	"bytes"
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// A passphrase has at least MinLength characters and at most MaxSize bytes.
const (
	MinLength = 16
	MaxSize   = 1024
)

// Check returns what is wrong with a passphrase, without its content. It is text:
// valid UTF-8, at least [MinLength] characters, at most [MaxSize] bytes, none of
// them a control character, no white space at either end. These are what an editor
// or a shell adds unseen, and another one does not.
//
// A passphrase is compared byte for byte. Where a character has several forms in
// Unicode, another keyboard may type another form: prefer ASCII.
func Check(passphrase []byte) error {
	switch {
	case len(passphrase) == 0:
		return errors.New("the passphrase is empty")
	case len(passphrase) > MaxSize:
		return fmt.Errorf("the passphrase has more than %d bytes", MaxSize)
	case !utf8.Valid(passphrase):
		return errors.New("the passphrase is not valid UTF-8")
	case bytes.HasPrefix(passphrase, []byte("\ufeff")):
		return errors.New("the passphrase begins with a byte order mark")
	case bytes.ContainsFunc(passphrase, unicode.IsControl):
		return errors.New("the passphrase has a control character, such as a line break")
	case len(bytes.TrimSpace(passphrase)) != len(passphrase):
		return errors.New("the passphrase begins or ends with white space")
	case utf8.RuneCount(passphrase) < MinLength:
		return fmt.Errorf("the passphrase has fewer than %d characters", MinLength)
	}
	return nil
}
