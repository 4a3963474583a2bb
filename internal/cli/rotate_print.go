package cli

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile"
	"github.com/esogen/esogen/runtime/store"
)

// The results of rotate over a store, as JSON. Every key is present.
type (
	rotated struct {
		Rotated   int64         `json:"rotated"`
		Unchanged int64         `json:"unchanged"`
		Gone      int64         `json:"gone"`
		Shredded  int64         `json:"shredded"`
		Failed    int64         `json:"failed"`
		Types     []rotatedType `json:"types"`
		Failures  []unrotated   `json:"failures"` // the first 1,000 of each type
	}
	rotatedType struct {
		Type      string `json:"type"`
		Resumed   bool   `json:"resumed"`
		Rotated   int64  `json:"rotated"`
		Unchanged int64  `json:"unchanged"`
		Gone      int64  `json:"gone"`
		Shredded  int64  `json:"shredded"`
		Failed    int64  `json:"failed"`
	}
	unrotated struct {
		Type      string `json:"type"`
		Namespace string `json:"namespace"`
		ID        string `json:"id"`
		Model     int    `json:"model"`
		Attribute string `json:"attribute"`
		Reason    string `json:"reason"`
	}
	keyUse struct {
		Type    string `json:"type"`
		Key     string `json:"key"`
		Role    string `json:"role"` // primary, decryption-only, retired, shredded, missing, or unknown
		Objects int64  `json:"objects"`
	}
)

// printReport prints the result for each type that has objects, and each object that
// failed.
func (a *app) printReport(report store.Report, asJSON bool) error {
	if asJSON {
		return printJSON(a.out, reportJSON(report))
	}
	for _, t := range report.Types {
		if t.All() == 0 {
			continue
		}
		text := fmt.Sprintf("%s: %d rotated, %d unchanged", t.Type, t.Done, t.Unchanged)
		if t.Gone > 0 {
			text += fmt.Sprintf(", %d deleted", t.Gone)
		}
		if t.Shredded > 0 {
			text += fmt.Sprintf(", %d shredded", t.Shredded)
		}
		if t.Failed > 0 {
			text += fmt.Sprintf(", %d failed", t.Failed)
		}
		if t.Resumed {
			text += "; begun by an earlier run"
		}
		fmt.Fprintln(a.out, text)
		shown := int64(0)
		for _, f := range report.Failures {
			if f.Ref.Type == t.Type {
				fmt.Fprintf(a.out, "  %s\n", failureText(f))
				shown++
			}
		}
		if shown < t.Failed {
			fmt.Fprintf(a.out, "  and %d more: the table eso_job_failures has all\n", t.Failed-shown)
		}
	}
	if report.All() == 0 {
		fmt.Fprintln(a.out, "no objects")
	}
	return nil
}

func failureText(f store.Failure) string {
	text := fmt.Sprintf("%q", f.Ref.ID)
	if f.Ref.Namespace != "" {
		text += fmt.Sprintf(" in %q", f.Ref.Namespace)
	}
	text += fmt.Sprintf(", model %d", f.Model)
	if f.Attribute != "" {
		text += fmt.Sprintf(", attribute %q", f.Attribute)
	}
	return text + ": " + word(string(f.Reason))
}

// word returns a word of letters, digits and . _ - unchanged, and quotes anything else:
// a text from a database may imitate other lines of the output, or command a terminal.
func word(text string) string {
	odd := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-", r))
	}
	if text == "" || strings.ContainsFunc(text, odd) {
		return strconv.Quote(text)
	}
	return text
}

func reportJSON(report store.Report) rotated {
	out := rotated{
		Rotated: report.Done, Unchanged: report.Unchanged, Gone: report.Gone, Shredded: report.Shredded, Failed: report.Failed,
		Types: []rotatedType{}, Failures: []unrotated{},
	}
	for _, t := range report.Types {
		out.Types = append(out.Types, rotatedType{t.Type, t.Resumed, t.Done, t.Unchanged, t.Gone, t.Shredded, t.Failed})
	}
	for _, f := range report.Failures {
		out.Failures = append(out.Failures, unrotated{f.Ref.Type, f.Ref.Namespace, f.Ref.ID, f.Model, f.Attribute, string(f.Reason)})
	}
	return out
}

// printUsage prints the keys in use, and their roles in the file of keys.
func (a *app) printUsage(ctx context.Context, uses []store.KeyUse, keys eso.Keyring, asJSON bool) error {
	roles, err := keyRoles(ctx, keys)
	if err != nil {
		return err
	}
	lines := []keyUse{}
	for _, u := range uses {
		lines = append(lines, keyUse{u.Type, u.KeyID, roles(u.KeyID), u.Objects})
	}
	if asJSON {
		return printJSON(a.out, lines)
	}
	for _, l := range lines {
		role := l.Role
		if role == missingKey {
			role += " from the file of keys"
		}
		fmt.Fprintf(a.out, "%s: key %q (%s): %s\n", word(l.Type), l.Key, role, objectCount(l.Objects))
	}
	if len(lines) == 0 {
		fmt.Fprintln(a.out, "no objects")
	}
	return nil
}

// missingKey is the role of a key that the file of keys does not have.
const missingKey = "missing"

// keyRoles returns a function from the id of a key to its role in the file of keys. The
// id "" is for notes of the store that cannot be parsed, which a rotation corrects.
func keyRoles(ctx context.Context, keyring eso.Keyring) (func(id string) string, error) {
	roles := map[string]string{"": "unknown"}
	if file, ok := keyring.(*keyfile.Keyring); ok {
		info := file.Info()
		for _, k := range info.Retired {
			roles[k.ID] = "retired"
		}
		for _, n := range info.Shredded {
			for _, id := range n.KeyIDs {
				roles[id] = "shredded"
			}
		}
		for _, k := range info.Keys {
			if k.Primary {
				roles[k.ID] = "primary"
			} else {
				roles[k.ID] = "decryption-only"
			}
		}
	} else {
		keys, err := keyring.Keys(ctx)
		if err != nil {
			return nil, err
		}
		for i, k := range keys {
			roles[k.ID()] = "decryption-only"
			if i == 0 {
				roles[k.ID()] = "primary"
			}
		}
	}
	return func(id string) string { return cmp.Or(roles[id], missingKey) }, nil
}
