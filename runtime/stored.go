package eso

// Walking over text that was validated before.

// span is a piece of a text.
type span struct{ begin, end int }

func (s span) of(text string) string { return text[s.begin:s.end] }

// nextMember returns the key, quotes included, and the value of a member of an
// object, and whether the key spells the name plainly. The next member is
// looked for at value.end, the first one at 0. Behind the last one, key.end is 0.
func nextMember(text string, i int) (key, value span, plain bool) {
	i = passSpace(text, passSpace(text, i)+1) // the brace, or a comma
	if i >= len(text) || text[i] != '"' {
		return span{}, span{}, false
	}
	end := plainRun(text, i+1)
	if plain = end < len(text) && text[end] == '"'; plain {
		end++
	} else {
		end = passString(text, i)
	}
	key = span{i, end}
	i = passSpace(text, passSpace(text, end)+1)
	return key, span{i, passValue(text, i)}, plain
}

// nextItem returns an item of a list. The next one is looked for at its end,
// the first one at 0. Behind the last one, the end is 0.
func nextItem(text string, i int) span {
	i = passSpace(text, passSpace(text, i)+1) // the bracket, or a comma
	if i >= len(text) || text[i] == ']' {
		return span{}
	}
	return span{i, passValue(text, i)}
}

func passSpace(text string, i int) int {
	for i < len(text) && isSpace(text[i]) {
		i++
	}
	return i
}

// passString returns where the string ends whose opening quote stands at
// text[i]: behind its closing quote.
func passString(text string, i int) int {
	for i++; i < len(text); i++ {
		i = plainRun(text, i)
		if i < len(text) && text[i] == '"' {
			return i + 1
		}
		if i < len(text) && text[i] == '\\' {
			i++
		}
	}
	return len(text)
}

// passValue returns where the value ends that begins at text[i].
func passValue(text string, i int) int {
	if i >= len(text) {
		return len(text)
	}
	switch text[i] {
	case '"':
		return passString(text, i)
	case '{', '[':
		return passNested(text, i)
	}
	return max(endOfWord(text, i), min(i+1, len(text)))
}

func passNested(text string, i int) int {
	for depth := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = passString(text, i) - 1
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
