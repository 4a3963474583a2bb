package rollout

import (
	"testing"

	"github.com/esogen/esogen/internal/definition"
)

// connectorToken is the worked history of the design.
func connectorToken() (before, after definition.Model) {
	const aad = "connectorId tokenType expiresAt createdAt updatedAt"
	before = model("token", aad, "connectorId", "tokenType", "token", "expiresAt:timestamp", "createdAt:timestamp", "updatedAt:timestamp")
	after = model("token refreshToken", aad+" refreshTokenExpiresAt", "expiresAt?:timestamp", "refreshToken?", "refreshTokenExpiresAt?:timestamp")
	return before, after
}

func benchmark(b *testing.B, c Case) {
	b.ReportAllocs()
	states := 0
	for b.Loop() {
		v, err := Judge(b.Context(), c)
		if err != nil {
			b.Fatal(err)
		}
		states = v.States
	}
	b.ReportMetric(float64(states), "states")
}

func BenchmarkConnectorTokenInOneStep(b *testing.B) { benchmark(b, oneStep(connectorToken())) }

func BenchmarkConnectorTokenAnnounced(b *testing.B) {
	c := stages(connectorToken())[1]
	benchmark(b, c)
}

func BenchmarkAddPlain(b *testing.B) {
	benchmark(b, oneStep(model("token", "owner", "token", "owner", "note"), model("token", "owner", "more?")))
}
