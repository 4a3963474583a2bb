package cli

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progress tells a person at a terminal how far a long run is. It says nothing
// before a second has passed.
type progress struct {
	out         io.Writer // nil where nobody looks
	what        string
	done, total int
	shown       bool
	next        time.Time
}

func (a *app) progress(what string, total int) *progress {
	p := &progress{what: what, total: total, next: time.Now().Add(time.Second)}
	if isTerminal(a.err) && os.Getenv("TERM") != "dumb" {
		p.out = a.err
	}
	return p
}

// step counts one more as done. It is not safe for concurrent use.
func (p *progress) step() {
	p.done++
	now := time.Now()
	if p.out == nil || now.Before(p.next) {
		return
	}
	p.shown, p.next = true, now.Add(time.Second/10)
	fmt.Fprintf(p.out, "\resogen: %s, %d of %d", p.what, p.done, p.total)
}

// end wipes the line.
func (p *progress) end() {
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
