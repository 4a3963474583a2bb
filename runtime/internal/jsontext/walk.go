package jsontext

// Walking over text that was validated before.

// Span is a piece of a text.
type Span struct{ Begin, End int }

// Of returns the piece.
func (s Span) Of(text string) string { return text[s.Begin:s.End] }

// NextMember returns the key, quotes included, and the value of a member of an
// object, and whether the key spells the name plainly. The next member is
// looked for at value.end, the first one at 0. Behind the last one, key.end is 0.
func NextMember(text string, i int) (key, value Span, plain bool) {
	i = passSpace(text, passSpace(text, i)+1) // the brace, or a comma
	if i >= len(text) || text[i] != '"' {
		return Span{}, Span{}, false
	}
	end := PlainRun(text, i+1)
	if plain = end < len(text) && text[end] == '"'; plain {
		end++
	} else {
		end = PassString(text, i)
	}
	key = Span{i, end}
	i = passSpace(text, passSpace(text, end)+1)
	return key, Span{i, PassValue(text, i)}, plain
}

// NextItem returns an item of a list. The next one is looked for at its end,
// the first one at 0. Behind the last one, the end is 0.
func NextItem(text string, i int) Span {
	i = passSpace(text, passSpace(text, i)+1) // the bracket, or a comma
	if i >= len(text) || text[i] == ']' {
		return Span{}
	}
	return Span{i, PassValue(text, i)}
}

func passSpace(text string, i int) int {
	for i < len(text) && isSpace(text[i]) {
		i++
	}
	return i
}

// PassString returns where the string ends whose opening quote is at
// text[i]: behind its closing quote.
func PassString(text string, i int) int {
	for i++; i < len(text); i++ {
		i = PlainRun(text, i)
		if i < len(text) && text[i] == '"' {
			return i + 1
		}
		if i < len(text) && text[i] == '\\' {
			i++
		}
	}
	return len(text)
}

// PassValue returns where the value ends that begins at text[i].
func PassValue(text string, i int) int {
	if i >= len(text) {
		return len(text)
	}
	switch text[i] {
	case '"':
		return PassString(text, i)
	case '{', '[':
		return passNested(text, i)
	}
	return max(endOfWord(text, i), min(i+1, len(text)))
}

func passNested(text string, i int) int {
	for depth := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = PassString(text, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}
