package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// meter shows how far a long run is: as a bar on a terminal, and as a line now
// and then where standard error goes into a file. It is used by one goroutine at
// a time.
type meter struct {
	out     io.Writer
	now     func() time.Time
	columns func() int // of the terminal; 0 if there is none
	quiet   bool       // write nothing but a bar
	drawn   bool
	next    time.Time
	begin   map[string]mark // by what runs
}

// mark is where a part of the run began.
type mark struct {
	at   time.Time
	done int
}

// How often a meter speaks.
const (
	everyFrame = time.Second / 10
	everyLine  = 10 * time.Second
)

func (a *app) meter() *meter {
	m := &meter{out: a.err, now: time.Now, columns: func() int { return 0 }, begin: map[string]mark{}}
	if file, ok := a.err.(*os.File); ok && isTerminal(file) && os.Getenv("TERM") != "dumb" {
		m.columns = func() int {
			if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 {
				return columns
			}
			return 80
		}
	}
	return m
}

// show says how many of the total of what runs are done, and how many of them
// failed. A total of 0 is not known.
func (m *meter) show(what string, done, total, failed int) {
	now := m.now()
	from, begun := m.begin[what]
	if !begun {
		from = mark{now, done}
		m.begin[what] = from
	}
	columns := m.columns()
	if now.Before(m.next) || m.quiet && columns == 0 {
		return
	}
	if columns == 0 {
		m.next = now.Add(everyLine)
		fmt.Fprintf(m.out, "esogen: %s\n", counts(what, done, total, failed))
		return
	}
	m.next, m.drawn = now.Add(everyFrame), true
	fmt.Fprintf(m.out, "\r%s\x1b[K", bar(columns, counts(what, done, total, failed), done, total, left(now.Sub(from.at), done-from.done, total-done)))
}

// end wipes the bar.
func (m *meter) end() {
	if m.drawn {
		fmt.Fprint(m.out, "\r\x1b[K")
		m.drawn = false
	}
}

// counts writes how far it is: "token: 450 of 1000, 3 failed".
func counts(what string, done, total, failed int) string {
	text := fmt.Sprintf("%s: %d", what, done)
	if total > 0 {
		text += fmt.Sprintf(" of %d", max(total, done))
	}
	if failed > 0 {
		text += fmt.Sprintf(", %d failed", failed)
	}
	return text
}

// bar draws a bar beside a text, in at most so many columns.
func bar(columns int, text string, done, total int, left string) string {
	if left != "" {
		text += ", " + left
	}
	width := min(30, columns-1-utf8.RuneCountInString(text)-8)
	if total <= 0 || width < 5 {
		runes := []rune(text)
		return string(runes[:min(len(runes), columns-1)])
	}
	share := float64(min(done, total)) / float64(total)
	full := int(share * float64(width))
	return fmt.Sprintf("[%s%s] %3d%% %s", strings.Repeat("=", full), strings.Repeat(" ", width-full), int(share*100), text)
}

// left says how long the rest takes, at the speed so far.
func left(since time.Duration, did, todo int) string {
	if since < 2*time.Second || did <= 0 || todo <= 0 {
		return ""
	}
	rest := time.Duration(float64(since) / float64(did) * float64(todo)).Round(time.Second)
	if rest >= time.Hour {
		rest = rest.Round(time.Minute)
	}
	text := rest.String()
	if rest >= time.Hour {
		text = strings.TrimSuffix(text, "0s")
	}
	return text + " left"
}

// progress counts the steps of a run that mostly takes less than a second, and
// shows nothing before that has passed.
type progress struct {
	*meter
	what        string
	done, total int
}

func (a *app) progress(what string, total int) *progress {
	m := a.meter()
	m.quiet, m.next = true, m.now().Add(time.Second)
	return &progress{m, what, 0, total}
}

// step counts one more as done. It is not safe for concurrent use.
func (p *progress) step() {
	p.done++
	p.show(p.what, p.done, p.total, 0)
}
