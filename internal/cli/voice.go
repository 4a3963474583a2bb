package cli

// This file is the voice of the command line. Its rules:
//
//   - Standard output is for results, and for nothing else: what a program or a
//     pipe behind esogen wants. Everything else goes to standard error.
//   - A line says one fact. It begins with "esogen: ", or with a place in a
//     spec, as a compiler's does. It begins in lower case and ends without a
//     full stop.
//   - An error says what is wrong; the line below it, indented, says what to do.
//     A warning has one line.
//   - Names from a spec are quoted. Values of objects and keys are never shown.
//   - What stops a run says in its last line how much was wrong, and that
//     nothing was changed.
//   - Colour and progress are for a terminal, and NO_COLOR is honoured.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/spec"
)

// The exit codes, which are those of diff.
const (
	exitDone     = 0 // nothing to report
	exitFindings = 1
	exitFailed   = 2 // could not run
)

// exit ends a command with a code. What there was to say has been said, unless
// it has a message.
type exit struct {
	code    int
	message string
	hint    string
}

func (e *exit) Error() string { return e.message }

// findings ends a command that found something, with a closing line.
func findings(format string, args ...any) error {
	return &exit{exitFindings, fmt.Sprintf(format, args...), ""}
}

// hinted adds to an error that stops a command what to do about it.
func hinted(err error, hint string) error {
	if err == nil {
		return nil
	}
	return &exit{exitFailed, err.Error(), hint}
}

// voice speaks to a person.
type voice struct {
	err     io.Writer
	colours bool
}

func newVoice(stderr io.Writer) *voice {
	return &voice{err: stderr, colours: isTerminal(stderr) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

func isTerminal(w any) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// say prints a line.
func (v *voice) say(format string, args ...any) {
	fmt.Fprintf(v.err, "esogen: "+format+"\n", args...)
}

// hint prints what to do about the line before.
func (v *voice) hint(text string) {
	if text != "" {
		fmt.Fprintf(v.err, "    %s\n", text)
	}
}

// failure prints how a command ended, and returns its exit code.
func (v *voice) failure(err error) int {
	if err == nil {
		return exitDone
	}
	var e *exit
	if errors.Is(err, context.Canceled) {
		e = &exit{exitFailed, "interrupted", ""}
	} else if !errors.As(err, &e) {
		e = &exit{exitFailed, err.Error(), ""}
	}
	for line := range strings.Lines(e.message) {
		v.say("%s", strings.TrimSuffix(line, "\n"))
	}
	v.hint(e.hint)
	return e.code
}

// diagnostic prints a problem of a spec at its place.
func (v *voice) diagnostic(d spec.Diagnostic) {
	severity := v.paint(red, "error:")
	if d.Severity == definition.Warning {
		severity = v.paint(yellow, "warning:")
	}
	fmt.Fprintf(v.err, "%s: %s %s [%s]\n", d.Position, severity, d.Message, d.Rule)
	if d.Severity == definition.Error {
		v.hint(d.Hint)
	}
}

type colour string

const (
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
)

func (v *voice) paint(c colour, text string) string { return paint(v.colours, c, text) }

func paint(colours bool, c colour, text string) string {
	if !colours {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}
