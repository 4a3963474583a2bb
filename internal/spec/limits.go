package spec

import (
	"cmp"
	"fmt"
	"time"
)

// limits bounds what specs may cost. They are far above what a product
// declares, and low enough that hostile specs end.
type limits struct {
	fileSize   int           // bytes of one file
	totalSize  int           // bytes of all files
	nesting    int           // brackets inside brackets
	chain      int           // operators and shorthand labels in one declaration, without a bracket between them
	expanded   int           // syntax nodes of a type after its references were followed
	values     int           // attributes and nested values of one type
	depth      int           // structs, lists and maps inside each other
	models     int           // models of one type
	evaluation time.Duration // of one type
	memory     uint64        // bytes on the heap of the process while a type is evaluated
}

func (l limits) orDefault() limits {
	return limits{
		fileSize:   cmp.Or(l.fileSize, 16<<20),
		totalSize:  cmp.Or(l.totalSize, 64<<20),
		nesting:    cmp.Or(l.nesting, 100),
		chain:      cmp.Or(l.chain, 4000),
		expanded:   cmp.Or(l.expanded, 1_000_000),
		values:     cmp.Or(l.values, 20_000),
		depth:      cmp.Or(l.depth, 32),
		models:     cmp.Or(l.models, 1000),
		evaluation: cmp.Or(l.evaluation, 20*time.Second),
		memory:     cmp.Or(l.memory, 4<<30),
	}
}

// excess is where a text goes beyond the limits, and how.
type excess struct {
	line, column int
	message      string
	hint         string
}

// check scans a text for nesting and chains that would exhaust the stack of a
// recursive parser or evaluator. It knows comments and strings, and nothing
// else of CUE, so that it costs next to nothing. It returns nil where the text
// is within the limits.
func (l limits) check(text []byte) *excess {
	if len(text) > l.fileSize {
		return &excess{1, 1, fmt.Sprintf("the file has %d bytes, and %d are allowed", len(text), l.fileSize), "split it into several files"}
	}
	s := scan{text: text, line: 1, chains: []int{0}}
	for s.pos < len(s.text) {
		at := s.pos
		s.step()
		switch {
		case len(s.chains) > l.nesting:
			return s.excess(at, fmt.Sprintf("brackets are nested more than %d deep", l.nesting), "give the inner parts names of their own")
		case s.chains[len(s.chains)-1] > l.chain:
			return s.excess(at, fmt.Sprintf("an expression has more than %d operators", l.chain), "shorten it")
		}
	}
	return nil
}

// scan is the state of limits.check: for every open bracket, how many
// operators stood in the expression at hand.
type scan struct {
	text      []byte
	pos       int
	line      int
	lineStart int
	last      byte // the last byte that is neither space nor comment
	chains    []int
}

func (s *scan) excess(at int, message, hint string) *excess {
	return &excess{s.line, at - s.lineStart + 1, message, hint}
}

func (s *scan) step() {
	c := s.text[s.pos]
	switch c {
	case '\n':
		s.newline()
		if !isOperator(s.last) {
			s.chains[len(s.chains)-1] = 0
		}
		s.pos++
		return
	case ' ', '\t', '\r':
		s.pos++
		return
	case '/':
		if s.peek(1) == '/' {
			for s.pos < len(s.text) && s.text[s.pos] != '\n' {
				s.pos++
			}
			return
		}
		s.operator()
	case '#', '"', '\'':
		if s.quoted() {
			s.last = '"'
			return
		}
	case '(', '[', '{':
		s.chains = append(s.chains, 0)
	case ')', ']', '}':
		if len(s.chains) > 1 {
			s.chains = s.chains[:len(s.chains)-1]
		}
		s.operator() // a.b[0](1){2}: postfix chains
	case ',':
		s.chains[len(s.chains)-1] = 0
	default:
		if isOperator(c) {
			s.operator()
		}
	}
	s.last = c
	s.pos++
}

func isOperator(c byte) bool {
	switch c {
	case '&', '|', '+', '-', '*', '/', '.', '!', '<', '>', '=', '~', ':', '?':
		return true
	}
	return false
}

func (s *scan) operator() { s.chains[len(s.chains)-1]++ }

func (s *scan) newline() {
	s.line++
	s.lineStart = s.pos + 1
}

func (s *scan) peek(ahead int) byte {
	if s.pos+ahead < len(s.text) {
		return s.text[s.pos+ahead]
	}
	return 0
}

// quoted skips a string and reports whether there was one: "…", '…', their
// triple forms, and those with number signs in front. An interpolation inside
// counts as text: the brackets in it are the parser's to bound.
func (s *scan) quoted() bool {
	signs := 0
	for s.peek(signs) == '#' {
		signs++
	}
	quote := s.peek(signs)
	if quote != '"' && quote != '\'' {
		return false
	}
	size := 1
	if s.peek(signs+1) == quote && s.peek(signs+2) == quote {
		size = 3
	}
	s.pos += signs + size
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '\n':
			if size == 1 {
				return true // unterminated: the parser says so
			}
			s.newline()
		case c == '\\' && s.repeated(s.pos+1, '#', signs):
			s.pos += signs + 1
			if s.peek(0) == '\n' {
				continue
			}
		case c == quote && s.repeated(s.pos, quote, size) && s.repeated(s.pos+size, '#', signs):
			s.pos += size + signs
			return true
		}
		s.pos++
	}
	return true
}

func (s *scan) repeated(at int, c byte, times int) bool {
	if at+times > len(s.text) {
		return false
	}
	for i := range times {
		if s.text[at+i] != c {
			return false
		}
	}
	return true
}
