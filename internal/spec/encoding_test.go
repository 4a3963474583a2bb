package spec

import (
	"testing"
	"testing/fstest"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
)

// TestEncoding reads files that are not UTF-8, which CUE would change without
// a word: in the specs, and in what they import.
func TestEncoding(t *testing.T) {
	t.Parallel()
	const good = "package specs\n\nimport \"github.com/esogen/esogen/eso\"\n\na: eso.#Type & {retired: true}\n"
	wide := func(mark, text string, low, high int) []byte {
		out := []byte(mark)
		for _, unit := range utf16.Encode([]rune(text)) {
			pair := [2]byte{}
			pair[low], pair[high] = byte(unit), byte(unit>>8)
			out = append(out, pair[:]...)
		}
		return out
	}
	for name, c := range map[string]struct {
		text     []byte
		expected string
	}{
		"comment and value": {[]byte("package specs\n\n// caf\xe9\n_x: \"\xc3\xa9caf\xe9\" | \"\xff\"\n"), `error specs/b.cue:3:7: [definition/encoding] the byte 0xe9 is not UTF-8; save the file as UTF-8
error specs/b.cue:4:11: [definition/encoding] the byte 0xe9 is not UTF-8; save the file as UTF-8
`},
		"cut short":      {[]byte("package specs\n\n_x: \"\xe2\x82\"\n"), "error specs/b.cue:3:6: [definition/encoding] the byte 0xe2 is not UTF-8; save the file as UTF-8\n"},
		"surrogate":      {[]byte("package specs\n\n_x: \"\xed\xa0\x80\"\n"), "error specs/b.cue:3:6: [definition/encoding] the byte 0xed is not UTF-8; save the file as UTF-8\n"},
		"UTF-16, little": {wide("\xff\xfe", good, 0, 1), "error specs/b.cue:1:1: [definition/encoding] the file is UTF-16, and CUE is UTF-8; save the file as UTF-8\n"},
		"UTF-16, big":    {wide("\xfe\xff", good, 1, 0), "error specs/b.cue:1:1: [definition/encoding] the file is UTF-16, and CUE is UTF-8; save the file as UTF-8\n"},
		"without a mark": {wide("", good, 0, 1), "error specs/b.cue:1:1: [definition/encoding] the file is UTF-16, and CUE is UTF-8; save the file as UTF-8\n"},
		"mark of UTF-8":  {[]byte("\ufeffpackage specs\n"), ""},
		"replacement":    {[]byte("package specs\n\n_x: \"\ufffd\"\n"), ""},
	} {
		files := fstest.MapFS{"specs/a.cue": {Data: []byte(good)}, "specs/b.cue": {Data: c.text}}
		assert.Equal(t, c.expected, loadFiles(t, files, Options{Root: "."})["diagnostics"], name)
	}

	files := withModule(fstest.MapFS{
		"specs/a.cue":  {Data: []byte("package specs\n\nimport (\n\t\"github.com/esogen/esogen/eso\"\n\t\"example.com/product/shared\"\n)\n\na: eso.#Type & {retired: shared.retired}\n")},
		"shared/b.cue": {Data: []byte("package shared\n\n// caf\xe9\nretired: true\n")},
	})
	assert.Equal(t, `error specs/a.cue:5:2: [definition/import] "example.com/product/shared" cannot be imported: shared/b.cue:3:7: the byte 0xe9 is not UTF-8
`, loadFiles(t, files, Options{Root: "."})["diagnostics"])
}
