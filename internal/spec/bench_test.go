package spec

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// BenchmarkLoad reads packages of 10, 100 and 1,000 types with 15 attributes
// and two models each: in a file each, in files of ten, and all in one file.
// The time per type is to stay the same.
//
//	go test ./internal/spec -run '^$' -bench Load -benchmem
func BenchmarkLoad(b *testing.B) {
	for _, layout := range []struct {
		name    string
		perFile int
	}{{"apart", 1}, {"tens", 10}, {"together", 1 << 30}} {
		for _, types := range []int{10, 100, 1000} {
			b.Run(fmt.Sprintf("%s/%d", layout.name, types), func(b *testing.B) {
				files := corpus(types, layout.perFile)
				b.ReportAllocs()
				for b.Loop() {
					specs, err := Load(b.Context(), Options{Root: ".", FS: files})
					require.NoError(b, err)
					require.Len(b, specs.Types, types)
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*types), "µs/type")
			})
		}
	}
}

// corpus declares types that use what specs commonly use.
func corpus(types, perFile int) fstest.MapFS {
	files := fstest.MapFS{"specs/shared.cue": {Data: []byte(sharedSpec)}}
	var b strings.Builder
	for i := range types {
		if b.Len() == 0 {
			b.WriteString(corpusHead)
		}
		fmt.Fprintf(&b, corpusType, i)
		if (i+1)%perFile == 0 || i+1 == types {
			files[fmt.Sprintf("specs/types%04d.cue", i)] = &fstest.MapFile{Data: []byte(b.String())}
			b.Reset()
		}
	}
	return files
}

const sharedSpec = `package specs

// When something is due.
#Schedule: {
	// How many units lie between two runs.
	interval: int & >0
	unit: "minute" | "hour" | "day"
	timezone?: string
}
`

const corpusHead = `package specs

import (
	"strings"

	"github.com/esogen/esogen/eso"
)
`

const corpusType = `
// A type of the corpus.
type_%04d: eso.#Type & {
	namespaces: "agnostic"
	format:     "kibana"
	write:      1

	models: "1": {
		attributes: {
			// What it belongs to.
			ownerId:   string
			kind:      "access" | "refresh" | *"other"
			token:     string
			// What users see.
			name:      strings.MaxRunes(100)
			count?:    int & >=0
			ratio:     >=0 & <=1
			note:      string | null
			enabled:   bool | *true
			tags: [...string]
			labels: {[string]: string}
			schedule:  #Schedule
			nested?: {host: string, port?: int}
			createdAt: eso.#Timestamp
		}
		encrypted: ["token"]
		aad: ["ownerId", "kind", "createdAt"]
	}

	// Announced.
	models: "2": {
		attributes: {
			refreshToken?: string
			expiresAt?:    eso.#Timestamp
		}
		encrypted: ["token", "refreshToken"]
		aad: ["ownerId", "kind", "createdAt"]
	}
}
`
