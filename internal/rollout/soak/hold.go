package soak

import (
	"bytes"
	"encoding/json"
	"strings"
)

// holds checks the promises for a release.
func (g *game) holds(by int) {
	r, p := &g.Releases[by], g.packages[by]
	g.clear(r)
	keys := during
	if g.rotated {
		keys = after
	}
	opened, err := p.open(g.ctx, keys, g.doc)
	if err != nil {
		promise := 1
		if _, again := p.open(g.ctx, during, g.doc); again == nil {
			promise = 5
		}
		g.lose(promise, "%s does not open: %v", r.Name, err)
		return
	}
	read, err := p.read(g.ctx, during, g.doc)
	if err != nil {
		g.lose(1, "%s does not read: %v", r.Name, err)
		return
	}
	for i := range r.Fields {
		f := &r.Fields[i]
		got, shown := opened[f.GoName], read[f.GoName]
		if !g.mayLack(r, f) {
			want := ""
			if sample := g.view(r, f.Fact, r.Write); sample != Absent {
				want = g.text(f, sample)
			}
			if got != want {
				g.lose(2, "%s shows %q as %q, and last was %q", r.Name, f.Name, brief(got), want)
			}
		}
		switch hidden := f.Secret && !f.Exposed; {
		case hidden && shown != "" && shown != "null" && shown != stripped:
			g.lose(3, "%s shows the secret %q in a normal read", r.Name, f.Name)
		case !hidden && shown != got:
			g.lose(2, "%s reads %q as %q, and opens it as %q", r.Name, f.Name, brief(shown), brief(got))
		}
	}
}

func brief(text string) string {
	if len(text) > 60 {
		return text[:60] + "..."
	}
	return text
}

// mayLack reports whether the document's model drops the field, as far as the
// release knows.
func (g *game) mayLack(r *Release, f *Field) bool {
	if g.doc.Model <= r.Write {
		return false
	}
	for n := r.Write + 1; n <= min(g.doc.Model, len(r.Models)); n++ {
		there := false
		for _, fact := range r.Models[n-1].Facts {
			there = there || fact == f.Fact
		}
		if !there {
			return true
		}
	}
	return false
}

// clear checks that what the document's model encrypts is not stored in the
// clear, under any name that a release has for it.
func (g *game) clear(r *Release) {
	if g.doc.Model > len(r.Models) {
		return
	}
	var stored map[string]json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(g.doc.Attributes)).Decode(&stored); err != nil {
		g.lose(1, "the document is not JSON: %v", err)
		return
	}
	m := &r.Models[g.doc.Model-1]
	secret := map[int]bool{}
	for _, name := range m.Encrypted {
		secret[m.Facts[name]] = true
	}
	for name, text := range stored {
		if string(text) == "null" || len(text) > 100 && !strings.ContainsAny(string(text), " {[") {
			continue
		}
		fact, ok := m.Facts[name]
		for i := 0; !ok && i < len(g.Releases) && !g.Releases[i].Gone; i++ {
			fact, ok = g.Releases[i].Models[g.Releases[i].Write-1].Facts[name]
		}
		if ok && secret[fact] {
			g.lose(3, "%q is stored in the clear, and model %d encrypts it", name, g.doc.Model)
		}
	}
}
