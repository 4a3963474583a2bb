package emit_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/emit"
)

// TestNoFilterForSecrets looks at the filters of every shape: one for each
// scalar that is no secret, none for anything else.
func TestNoFilterForSecrets(t *testing.T) {
	source := string(generate(t, everyShape())["find.go"])
	var found []string
	for _, match := range regexp.MustCompile(`(?m)^func (By\w+)\(`).FindAllStringSubmatch(source, -1) {
		found = append(found, match[1])
	}
	var want []string
	for _, name := range []string{"Bool", "Decimal", "Duration", "Enum", "Int", "Int64", "Number", "String", "Timestamp", "UUID"} {
		for _, form := range []string{"", "Maybe", "MaybeNull", "Null"} {
			want = append(want, "By"+name+form)
		}
	}
	assert.ElementsMatch(t, want, found)
}

// TestFiltersFollowAnnouncedModels has an attribute that the next model
// encrypts: there is no filter for it any more.
func TestFiltersFollowAnnouncedModels(t *testing.T) {
	typ := typeOf("hidden", 1,
		definition.Model{Declared: []definition.Attribute{attribute("name", text()), attribute("note", text())}, Encrypted: []string{}, AAD: []string{}},
		definition.Model{Encrypted: []string{"note"}, AAD: []string{}})
	source := string(generate(t, typ)["find.go"])
	assert.Contains(t, source, "func ByName(")
	assert.NotContains(t, source, "ByNote")

	assert.NotContains(t, generate(t, empty("empty")), "find.go", "nothing to find by, no file")
}

// TestFilterNamesGiveWay has types that are called as filters would be, and an
// attribute that is called as a method of a patch.
func TestFilterNamesGiveWay(t *testing.T) {
	typ := typeOf("taken", 1, definition.Model{Declared: []definition.Attribute{
		attribute("x", text()), attribute("byX", enum(`"a"`)), attribute("changes", text()),
	}, Encrypted: []string{}, AAD: []string{}})
	files := generate(t, typ)
	assert.Contains(t, string(files["object.go"]), "type ByX string")
	assert.Contains(t, string(files["find.go"]), "func ByXFilter(v string)")
	assert.Contains(t, string(files["operations.go"]), "ChangesField ")
}

// TestWrongSearchesDoNotCompile has programs that look for a secret, or patch
// objects of one type with the patch of another.
func TestWrongSearchesDoNotCompile(t *testing.T) {
	wrong := map[string]struct{ body, want string }{
		"filter on a secret":            {`_ = connectortoken.ByToken("s")`, "undefined: connectortoken.ByToken"},
		"filter on a list":              {`_ = alert.ByTags`, "undefined: alert.ByTags"},
		"filter of another type":        {`tokens.Find(ctx, store.Query{}, alert.ByName("x"))`, "as eso.Filter[connectortoken.ConnectorToken] value"},
		"value of another type":         {`tokens.Find(ctx, store.Query{}, connectortoken.ByConnectorID(1))`, "as string value in argument to connectortoken.ByConnectorID"},
		"patch of another type":         {`tokens.Patch(ctx, eso.Ref{}, alert.Patch{})`, "does not implement store.Patcher[connectortoken.ConnectorToken]"},
		"object of another type":        {`tokens.Create(ctx, eso.Ref{}, &alert.Alert{})`, "as *connectortoken.ConnectorToken value"},
		"attributes instead of objects": {`alerts.Create(ctx, eso.Ref{}, map[string]any{})`, "as *alert.Alert value"},
	}
	dir := product(t, map[string]*definition.Type{"generated/connectortoken": connectorToken(1), "generated/alert": alert()})
	places := map[string]string{}
	for i, name := range sorted(wrong) {
		places[name] = fmt.Sprintf("wrong/p%d", i)
		write(t, dir, places[name]+"/wrong.go", fmt.Appendf(nil, "package wrong\n\nimport (\n\t\"context\"\n\n\t%q\n\t%q\n\teso %q\n\t%q\n)\n\n"+
			"func _(ctx context.Context, tokens *store.Collection[connectortoken.ConnectorToken], alerts *store.Collection[alert.Alert]) {\n\tvar _ eso.Ref\n\tvar _ store.Query\n\t%s\n}\n",
			"example.com/product/generated/alert", "example.com/product/generated/connectortoken", emit.RuntimeImport, emit.RuntimeImport+"/store", wrong[name].body))
	}
	out, err := run(t, dir, "build", "./wrong/...")
	require.Error(t, err)
	for name, program := range wrong {
		assert.Regexp(t, places[name]+`/wrong\.go:\d+:\d+: .*`+regexp.QuoteMeta(program.want), strings.ReplaceAll(out, "\n\t", " "), name)
	}
}
