package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/esogen/esogen/internal/phrase"
	"github.com/esogen/esogen/runtime/keyfile"
)

// What the keys commands print as JSON. Every key is present.
type (
	listedFile struct {
		File       string        `json:"file"`
		FileID     string        `json:"fileId"`
		Generation int64         `json:"generation"`
		Wrap       string        `json:"wrap"`
		Verified   bool          `json:"verified"`
		Keys       []listedKey   `json:"keys"`
		Retired    []retiredKey  `json:"retired"`
		Shredded   []shreddedSet `json:"shredded"`
	}
	listedKey struct {
		ID        string `json:"id"`
		Kind      string `json:"kind"`
		Namespace string `json:"namespace"`
		Primary   bool   `json:"primary"`
		Made      string `json:"made"`
		Check     string `json:"check"`
	}
	retiredKey struct {
		ID        string `json:"id"`
		Namespace string `json:"namespace"`
		At        string `json:"at"`
	}
	shreddedSet struct {
		Namespace string   `json:"namespace"`
		Keys      []string `json:"keys"`
		At        string   `json:"at"`
		State     string   `json:"state"`
	}

	// keysEvent is what a command did, for an audit log.
	keysEvent struct {
		Event      string   `json:"event"` // make, add, primary, rewrap, retire, shred, confirm
		Time       string   `json:"time"`
		File       string   `json:"file"`
		FileID     string   `json:"fileId"`
		Generation int64    `json:"generation"`
		Namespace  string   `json:"namespace"` // of shred and confirm
		Keys       []string `json:"keys"`      // the ids that it was about
		State      string   `json:"state"`     // of shred and confirm
		Done       bool     `json:"done"`      // false if all was so already
	}
)

func listing(name string, info keyfile.Info, verified bool) listedFile {
	out := listedFile{
		File: name, FileID: info.FileID, Generation: info.Generation, Wrap: info.WrapperID, Verified: verified,
		Keys: []listedKey{}, Retired: []retiredKey{}, Shredded: []shreddedSet{},
	}
	for _, k := range info.Keys {
		out.Keys = append(out.Keys, listedKey{k.ID, string(k.Kind), k.Namespace, k.Primary, stamp(k.Made), k.Check})
	}
	for _, r := range info.Retired {
		out.Retired = append(out.Retired, retiredKey{r.ID, r.Namespace, stamp(r.At)})
	}
	for _, s := range info.Shredded {
		out.Shredded = append(out.Shredded, shreddedSet{s.Namespace, s.KeyIDs, stamp(s.At), string(s.State)})
	}
	return out
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// day is a time as the lines for people have it.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// printKeys prints the keys of a file, a line each: those of the installation first.
func (a *app) printKeys(name string, info keyfile.Info) {
	fmt.Fprintf(a.out, "%s: generation %d, wrapped by %q\n", name, info.Generation, info.WrapperID)
	for _, k := range info.Keys {
		fmt.Fprintf(a.out, "key %q%s: %s, %s, made %s\n", k.ID, whose(k.Namespace), k.Kind, role(k), day(k.Made))
	}
	for _, r := range info.Retired {
		fmt.Fprintf(a.out, "key %q%s: retired %s\n", r.ID, whose(r.Namespace), day(r.At))
	}
	for _, s := range info.Shredded {
		fmt.Fprintf(a.out, "namespace %q: shredded %s, %s; keys %s\n", s.Namespace, day(s.At), shredState(s.State), quotedIDs(s.KeyIDs))
	}
}

func whose(namespace string) string {
	if namespace == "" {
		return ""
	}
	return fmt.Sprintf(" of namespace %q", namespace)
}

func role(k keyfile.KeyInfo) string {
	if k.Primary {
		return "primary"
	}
	return "known"
}

func shredState(s keyfile.State) string {
	if s == keyfile.Recoverable {
		return "recoverable from older copies"
	}
	return string(s)
}

// quotedIDs lists ids, of which there may be thousands.
func quotedIDs(ids []string) string {
	const most = 5
	var quoted []string
	for _, id := range ids[:min(len(ids), most)] {
		quoted = append(quoted, fmt.Sprintf("%q", id))
	}
	text := strings.Join(quoted, ", ")
	if len(ids) > most {
		text += fmt.Sprintf(" and %d more", len(ids)-most)
	}
	return text
}

func keyCount(n int) string { return phrase.Count(n, "key") }

// next says what comes after a step, a line each. No URL is repeated: it may hold a key.
func (a *app) next(steps ...string) {
	for i, step := range steps {
		if i == 0 {
			a.say("next: %s", step)
		} else {
			fmt.Fprintf(a.err, "        then: %s\n", step)
		}
	}
	if a.wrapURL && slices.ContainsFunc(steps, func(step string) bool { return strings.Contains(step, "esogen ") }) {
		fmt.Fprintln(a.err, "        each command with --wrap and the URL")
	}
}

// printLine prints a value as a line of JSON, for a log.
func printLine(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
