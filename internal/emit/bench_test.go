package emit_test

import (
	"fmt"
	"testing"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/emit"
)

// fifteen is a type of fifteen attributes and two models, as the benchmark of
// the whole tool has a thousand of them.
func fifteen(i int) *definition.Type {
	schedule := object(
		attribute("interval", text()), maybe("timezone", text()), attribute("startsAt", timestamp()), attribute("enabled", kind(definition.Bool)),
	)
	schedule.Definition = "#Schedule"
	first := []definition.Attribute{
		documented(attribute("name", text()), "What people call it."),
		documented(attribute("owner", text()), "Whom it belongs to."),
		attribute("kind", enum(`"user"`, `"service"`, `"system"`)),
		attribute("secret", text()),
		maybe("refresh", text()),
		attribute("enabled", kind(definition.Bool)),
		attribute("retries", kind(definition.Int)),
		maybe("ratio", kind(definition.Number)),
		attribute("createdAt", timestamp()),
		attribute("updatedAt", timestamp()),
		attribute("tags", list(text())),
		maybe("labels", dict(text())),
		attribute("schedule", schedule),
		maybe("note", null(text())),
	}
	return typeOf(fmt.Sprintf("bench_type_%d", i), 1, definition.Model{
		Declared: first, Encrypted: []string{"secret", "refresh"}, AAD: []string{"owner", "kind", "createdAt"},
	}, definition.Model{
		Declared: []definition.Attribute{maybe("expiresAt", timestamp())}, AAD: []string{"owner", "kind", "createdAt", "expiresAt"},
	})
}

func BenchmarkPackage(b *testing.B) {
	typ := fifteen(1)
	size := 0
	for _, source := range generate(b, typ) {
		size += len(source)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := emit.Package(typ, emit.Options{GoldenDir: "../../golden", Fingerprint: "0123456789abcdef"}); err != nil {
			b.Fatal(err)
		}
	}
}
