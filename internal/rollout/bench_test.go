package rollout

import (
	"syscall"
	"testing"
	"time"

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
	states, n, before := 0, 0, cpu()
	for b.Loop() {
		n++
		v, err := Judge(b.Context(), c)
		if err != nil {
			b.Fatal(err)
		}
		states = v.States
	}
	b.ReportMetric(float64(states), "states")
	b.ReportMetric(float64((cpu()-before).Microseconds())/1000/float64(n), "cpu-ms/op")
}

func BenchmarkConnectorTokenInOneStep(b *testing.B) { benchmark(b, oneStep(connectorToken())) }

func BenchmarkConnectorTokenAnnounced(b *testing.B) {
	c := stages(connectorToken())[1]
	benchmark(b, c)
}

func BenchmarkConnectorTokenNative(b *testing.B) {
	before, after := connectorToken()
	in := inFormat(definition.Native)
	benchmark(b, stages(with(before, in), with(after, in))[1])
}

func BenchmarkAddPlain(b *testing.B) {
	benchmark(b, oneStep(model("token", "owner", "token", "owner", "note"), model("token", "owner", "more?")))
}

func BenchmarkAddPart(b *testing.B) {
	wrap := within["a struct"]
	benchmark(b, oneStep(with(model("token", "owner", "token", "owner"), configs(wrap, "a", "b?", "c:int")), with(model("token", "owner"), configs(wrap, "a", "b?", "c:int", "d?"))))
}

// BenchmarkProduct is a thousand types against three releases, twenty of them
// changed by the new one and twenty by each of the others.
func BenchmarkProduct(b *testing.B) {
	plain := model("token", "owner", "token", "owner", "note", "name", "count?:int", "tags?:list", "enabled:bool")
	changes := []definition.Model{model("token", "owner", "more?"), model("token", "owner more", "more?"), model("token", "owner note")}
	benchmarkProduct(b, plain, changes)
}

// BenchmarkProductNative is the same in the native format.
func BenchmarkProductNative(b *testing.B) {
	in := inFormat(definition.Native)
	plain := with(model("token", "owner", "token", "owner", "note", "name", "count?:int", "tags?:list", "enabled:bool"), in)
	changes := []definition.Model{model("token", "owner", "more?"), model("token", "owner more", "more?"), model("token", "owner note")}
	for i := range changes {
		changes[i] = with(changes[i], in)
	}
	benchmarkProduct(b, plain, changes)
}

func benchmarkProduct(b *testing.B, plain definition.Model, changes []definition.Model) {
	var cases []Case
	for i := range 1000 {
		types := make([]*definition.Type, 4)
		for r := range types {
			models := []definition.Model{plain}
			if i < 60 && r > i/20 {
				models = append(models, changes[i%3])
			}
			types[r] = typeOf(len(models), models...)
		}
		cases = append(cases, Case{
			History: []Release{{Name: "v1", Type: types[0]}, {Name: "v2", Type: types[1]}, {Name: "v3", Type: types[2]}},
			New:     Release{Type: types[3]},
		})
	}
	b.ReportAllocs()
	before := cpu()
	n := 0
	for b.Loop() {
		n++
		for _, c := range cases {
			if _, err := Judge(b.Context(), c); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64((cpu()-before).Milliseconds())/float64(n), "cpu-ms/op")
}

// cpu is the processor time of this process, which a busy machine does not
// stretch.
func cpu() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
