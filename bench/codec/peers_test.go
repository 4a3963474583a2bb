package main

import "testing"

func BenchmarkMarshal(b *testing.B) {
	for _, p := range peers(b) {
		b.Run(p.Name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(Text)))
			for b.Loop() {
				if _, err := p.Marshal(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	for _, p := range peers(b) {
		if p.Unmarshal == nil {
			continue
		}
		b.Run(p.Name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(Text)))
			for b.Loop() {
				if err := p.Unmarshal(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestPeers(t *testing.T) {
	for _, p := range peers(t) {
		if err := p.Check(); err != nil {
			t.Error(err)
		}
	}
}

func peers(t testing.TB) []Peer {
	t.Helper()
	list, err := Peers()
	if err != nil {
		t.Fatal(err)
	}
	return list
}
