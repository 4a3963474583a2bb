package docs_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/esogen/esogen/generated/connectortoken"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// The README quotes the part between the marks.
func Example() {
	ctx := context.Background()
	db := must(sql.Open("sqlite", ":memory:"))
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection has a memory of its own
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

	// README begins
	keys := must(eso.NewKeyring("a passphrase of at least 32 characters"))
	s := must(store.New(db, store.SQLite, keys, store.Options{}))
	check(s.CreateSchema(ctx))
	tokens := store.Of(s, connectortoken.Objects)

	ref := must(tokens.Create(ctx, connectortoken.Ref(""), &connectortoken.ConnectorToken{
		ConnectorID: "c1", TokenType: "access_token", Token: eso.NewSecret("s3cret"), CreatedAt: now, UpdatedAt: now,
	}))
	check(tokens.Update(ctx, ref, func(t *connectortoken.ConnectorToken) error {
		t.UpdatedAt = now.Add(time.Hour) // bound to the secret, which is sealed again
		return nil
	}))
	read := must(tokens.Get(ctx, ref))    // the normal read
	opened := must(tokens.Open(ctx, ref)) // with secrets
	fmt.Println(read.Value.Token, must(opened.Value.Token.Reveal()))
	// README ends

	// Output: [secret] s3cret
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// TestReadmeQuotesTheExample checks that what the README shows is what runs.
func TestReadmeQuotesTheExample(t *testing.T) {
	source, err := os.ReadFile("readme_test.go")
	require.NoError(t, err)
	_, quoted, ok := strings.Cut(string(source), "\t// README begins\n")
	require.True(t, ok)
	quoted, _, ok = strings.Cut(quoted, "\t// README ends\n")
	require.True(t, ok)
	var b strings.Builder
	for line := range strings.Lines(quoted) {
		b.WriteString(strings.TrimPrefix(line, "\t"))
	}
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	require.NoError(t, err)
	assert.Contains(t, string(readme), "```go\n"+b.String()+"```\n", "the README shows other code than Example of this file")
}
