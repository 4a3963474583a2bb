package baseline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
	"github.com/esogen/esogen/internal/phrase"
)

// What becomes known of a release after it was recorded is in other files, so
// that its entry never changes: one names the releases that customers still
// upgrade from, and each withdrawn release has one that says why.

// SupportPath is the file that names the supported releases, relative to the
// golden directory: a release a line. No release has a file of that name.
const SupportPath = LedgerPath + "/support.txt"

const supportHead = "# Releases that customers still upgrade from. \"esogen release --support\" writes this file.\n"

// Support returns the file that makes exactly these releases of the ledger the
// supported ones, by its path in the golden directory.
func Support(ledger []Entry, names []string) (map[string][]byte, error) {
	for _, name := range names {
		e, err := Recorded(ledger, name)
		if err != nil {
			return nil, err
		}
		if e.Role == Withdrawn {
			return nil, &Error{"release:" + name, fmt.Sprintf("the release %q is withdrawn, and cannot be supported", name),
				"name the releases that customers still run"}
		}
	}
	return map[string][]byte{SupportPath: SupportFile(names)}, nil
}

// SupportFile returns the content of the file of supported releases.
func SupportFile(names []string) []byte {
	var b bytes.Buffer
	b.WriteString(supportHead)
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		b.WriteString(name + "\n")
	}
	return b.Bytes()
}

// readSupport marks the releases that are supported.
func readSupport(dir fs.FS, entries []Entry) error {
	data, err := fs.ReadFile(dir, SupportPath)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", SupportPath, plainly(err))
	}
	for line := range strings.Lines(string(data)) {
		switch line = strings.TrimSpace(line); {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "<<<<<<<"), strings.HasPrefix(line, "======="), strings.HasPrefix(line, ">>>>>>>"):
			return fmt.Errorf("%s: %w", SupportPath, errConflict)
		default:
			e := entryNamed(entries, line)
			if e == nil {
				return fmt.Errorf("%s: it names the release %q, %w", SupportPath, line, errMissing)
			}
			e.Supported = true
		}
	}
	return nil
}

const withdrawals = LedgerPath + "/withdrawn"

const withdrawalFormat = "esogen-withdrawal/1"

// WithdrawalPath returns the file that says that a release was withdrawn,
// relative to the golden directory.
func WithdrawalPath(name string) string { return withdrawals + "/" + name + ".json" }

// Withdraw returns the files that withdraw a release of the ledger, by their
// paths in the golden directory. A withdrawn release is not supported either.
func Withdraw(ledger []Entry, name, reason string) (map[string][]byte, error) {
	e, err := Recorded(ledger, name)
	if err != nil {
		return nil, err
	}
	if e.Role == Withdrawn {
		return nil, &Error{"release:" + name, fmt.Sprintf("the release %q is withdrawn already: %s", e.Name, e.Reason),
			"a release that is rolled out again gets another name"}
	}
	files := map[string][]byte{WithdrawalPath(name): Withdrawal(name, reason)}
	if e.Supported {
		var rest []string
		for _, other := range ledger {
			if other.Supported && other.Name != name {
				rest = append(rest, other.Name)
			}
		}
		files[SupportPath] = SupportFile(rest)
	}
	return files, nil
}

// Withdrawal returns the content of that file.
func Withdrawal(name, reason string) []byte {
	return fmt.Appendf(nil, "{\n  \"format\": %s,\n  \"release\": %s,\n  \"reason\": %s\n}\n", phrase.JSON(withdrawalFormat), phrase.JSON(name), phrase.JSON(reason))
}

// readWithdrawals marks the releases that were withdrawn.
func readWithdrawals(dir fs.FS, entries []Entry) error {
	found, err := fs.ReadDir(dir, withdrawals)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", withdrawals, plainly(err))
	}
	for _, file := range found {
		if file.IsDir() || path.Ext(file.Name()) != ".json" {
			continue
		}
		name := withdrawals + "/" + file.Name()
		data, err := fs.ReadFile(dir, name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, plainly(err))
		}
		if err := readWithdrawal(unixLines(data), strings.TrimSuffix(file.Name(), ".json"), entries); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func readWithdrawal(data []byte, name string, entries []Entry) error {
	var f struct{ Format, Release, Reason string }
	if err := json.Unmarshal(data, &f); err != nil {
		return notJSON(data, err)
	}
	if f.Format != withdrawalFormat {
		return inWords(fmt.Errorf("%w: %q, where %q is expected", golden.ErrFormat, f.Format, withdrawalFormat), data)
	}
	if f.Release != name || f.Reason == "" || !bytes.Equal(data, Withdrawal(f.Release, f.Reason)) {
		return fmt.Errorf("%w: it withdraws the release %q", golden.ErrEdited, f.Release)
	}
	e := entryNamed(entries, name)
	if e == nil {
		return fmt.Errorf("it withdraws the release %q, %w", name, errMissing)
	}
	e.Reason = f.Reason
	return nil
}

// Recorded returns the entry of a release, or an *Error.
func Recorded(ledger []Entry, name string) (*Entry, error) {
	if e := entryNamed(ledger, name); e != nil {
		return e, nil
	}
	failed := &Error{"release:" + name, fmt.Sprintf("there is no release %q in the ledger", name), `"esogen release --list" shows all`}
	names := make([]string, len(ledger))
	for i, e := range ledger {
		names[i] = e.Name
	}
	if near := definition.Nearest(name, names); near != "" {
		failed.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	return nil, failed
}

// entryNamed returns the entry of a release, or nil.
func entryNamed(entries []Entry, name string) *Entry {
	if i := slices.IndexFunc(entries, func(e Entry) bool { return e.Name == name }); i >= 0 {
		return &entries[i]
	}
	return nil
}
