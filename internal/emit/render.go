package emit

import (
	"bytes"
	"fmt"
	"go/format"
	"strings"

	"github.com/dave/jennifer/jen"
)

// render returns the formatted source of one file.
func (g *generator) render(emit func(*jen.File)) ([]byte, error) {
	f := jen.NewFile(g.Package())
	f.NoFormat = true // below, once
	f.HeaderComment(Header)
	f.ImportAlias(g.runtime, "eso")
	f.ImportName(g.runtime+"/esoimpl", "esoimpl")
	f.ImportName(g.runtime+"/esotest", "esotest")
	emit(f)

	var source bytes.Buffer
	if err := f.Render(&source); err != nil {
		return nil, err
	}
	grouped := g.groupImports(source.Bytes())
	formatted, err := format.Source(grouped)
	if err != nil {
		return nil, fmt.Errorf("the generated source does not parse: %w\n%s", err, numbered(grouped))
	}
	return formatted, nil
}

// groupImports puts the imports of the runtime behind those of the standard
// library, in a group of their own.
func (g *generator) groupImports(source []byte) []byte {
	const opening, closing = "\nimport (\n", "\n)\n"
	before, rest, ok := bytes.Cut(source, []byte(opening))
	if !ok {
		return source
	}
	block, after, _ := bytes.Cut(rest, []byte(closing))
	var standard, others []string
	for line := range strings.Lines(string(block) + "\n") {
		if strings.Contains(line, `"`+g.runtime) {
			others = append(others, line)
		} else {
			standard = append(standard, line)
		}
	}
	var b bytes.Buffer
	b.Grow(len(source) + 1)
	b.Write(before)
	b.WriteString(opening)
	b.WriteString(strings.Join(standard, ""))
	b.WriteByte('\n')
	b.WriteString(strings.Join(others, ""))
	b.WriteString(closing[1:])
	b.Write(after)
	return b.Bytes()
}

// numbered puts its number before each line.
func numbered(source []byte) string {
	var b strings.Builder
	number := 0
	for line := range bytes.Lines(source) {
		number++
		fmt.Fprintf(&b, "%5d\t%s", number, line)
	}
	return b.String()
}
