package soak

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// form is one way in which bytes may hold a text.
type form struct {
	name  string
	bytes []byte
}

// formsOf returns the forms in which a text of ASCII letters and digits may
// stand in the clear in a file: as it is, escaped as JSON, as UTF-16, in
// hexadecimal, in base64 at every offset. In the last, what surrounds the text
// has a say in the first and the last character, which are left out.
func formsOf(text string) []form {
	forms := []form{{"plain", []byte(text)}}
	var escaped strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&escaped, `\u%04x`, unit)
	}
	forms = append(forms, form{"escaped", []byte(escaped.String())})
	if upper := strings.ReplaceAll(strings.ToUpper(escaped.String()), `\U`, `\u`); upper != escaped.String() {
		forms = append(forms, form{"escaped in capitals", []byte(upper)})
	}

	little, big := make([]byte, 0, 2*len(text)), make([]byte, 0, 2*len(text))
	for _, unit := range utf16.Encode([]rune(text)) {
		little = append(little, byte(unit), byte(unit>>8))
		big = append(big, byte(unit>>8), byte(unit))
	}
	for _, encoded := range []form{{"", []byte(text)}, {" of UTF-16LE", little}, {" of UTF-16BE", big}} {
		if encoded.name != "" {
			forms = append(forms, form{strings.TrimPrefix(encoded.name, " of "), encoded.bytes})
		}
		digits := hex.EncodeToString(encoded.bytes)
		forms = append(forms,
			form{"hexadecimal" + encoded.name, []byte(digits)},
			form{"hexadecimal in capitals" + encoded.name, []byte(strings.ToUpper(digits))})
		for offset := range 3 {
			padded := append(make([]byte, offset), encoded.bytes...)
			padded = padded[:len(padded)/3*3]
			digits := base64.StdEncoding.EncodeToString(padded)
			if offset > 0 {
				digits = digits[4:]
			}
			name := fmt.Sprintf("base64%s at offset %d", encoded.name, offset)
			forms = append(forms, form{name, []byte(digits)})
			if safe := strings.NewReplacer("+", "-", "/", "_").Replace(digits); safe != digits {
				forms = append(forms, form{name + " for URLs", []byte(safe)})
			}
		}
	}
	return forms
}

// trace is a place where a text was found.
type trace struct{ file, form string }

// search looks for a text, in every form, in all files below the folders. It
// returns what it found, and how many bytes it read. It skips files that
// disappear.
func search(t *testing.T, text string, folders ...string) ([]trace, int) {
	t.Helper()
	forms := formsOf(text)
	var found []trace
	read := 0
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if os.IsNotExist(err) || err == nil && !entry.Type().IsRegular() {
				return nil
			} else if err != nil {
				return err
			}
			content, err := os.ReadFile(path)
			if os.IsNotExist(err) {
				return nil
			} else if err != nil {
				return err
			}
			read += len(content)
			for _, f := range forms {
				if bytes.Contains(content, f.bytes) {
					found = append(found, trace{path, f.name})
				}
			}
			return nil
		})
		require.NoError(t, err)
	}
	return found, read
}

// TestSearch plants a text in every form, with all kinds of neighbours, and
// sees that it is found.
func TestSearch(t *testing.T) {
	const text = "k7Qm2xW9pLr4"
	for _, f := range formsOf(text) {
		folder := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(folder, "file"), append([]byte("before"), f.bytes...), 0o600))
		found, read := search(t, text, folder)
		assert.Contains(t, found, trace{filepath.Join(folder, "file"), f.name})
		assert.Equal(t, len("before")+len(f.bytes), read)
	}
	for _, before := range []string{"", "x", "xy", "xyz"} {
		for _, after := range []string{"", "x", "xy", "\xff\xff\xff"} {
			for name, encode := range map[string]func([]byte) string{
				"base64":          base64.StdEncoding.EncodeToString,
				"base64 for URLs": base64.RawURLEncoding.EncodeToString,
				"hexadecimal":     hex.EncodeToString,
			} {
				folder := t.TempDir()
				require.NoError(t, os.WriteFile(filepath.Join(folder, "file"), []byte(encode([]byte(before+text+after))), 0o600))
				found, _ := search(t, text, folder)
				assert.NotEmpty(t, found, "%s between %q and %q", name, before, after)
			}
		}
	}
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "file"), []byte("k7Qm2xW9pLr and k7qm2xw9plr4"), 0o600))
	found, _ := search(t, text, folder)
	assert.Empty(t, found)
}
