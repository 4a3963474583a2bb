package baseline

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/esogen/esogen/internal/definition"
)

func TestCounted(t *testing.T) {
	t.Parallel()
	behind := func(flag string) *definition.Type { return &definition.Type{Name: "token", Flag: flag} }
	always := &definition.Type{Name: "always"}
	entry := func(name, flag string, on ...string) Release {
		return Release{Name: name, Source: "release:" + name, Types: []*definition.Type{always, behind(flag)}, Flags: on}
	}
	for name, test := range map[string]struct {
		releases []Release
		counts   bool
	}{
		"never on":                         {[]Release{entry("v1", "dark"), entry("v2", "dark", "other")}, false},
		"on":                               {[]Release{entry("v1", "dark", "dark")}, true},
		"on once, and off since":           {[]Release{entry("v1", "dark"), entry("v2", "dark", "dark"), entry("v3", "dark")}, true},
		"without the flag once":            {[]Release{entry("v1", ""), entry("v2", "dark")}, true},
		"under another flag":               {[]Release{entry("v1", "old", "old"), entry("v2", "new")}, true},
		"a directory does not say":         {[]Release{{Name: "../old", Source: "../old", Types: []*definition.Type{always, behind("dark")}}}, true},
		"a commit does not say":            {[]Release{{Name: "main", Source: "git:main", Types: []*definition.Type{always, behind("dark")}}}, true},
		"a retired type is behind nothing": {[]Release{{Name: "../old", Source: "../old", Types: []*definition.Type{always, {Name: "token", Retired: true}}}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, r := range Counted(test.releases) {
				assert.Same(t, always, r.Types[0])
				assert.Len(t, r.Types, map[bool]int{true: 2, false: 1}[test.counts])
				assert.Len(t, test.releases[i].Types, 2, "what was given is as it was")
			}
		})
	}
}

// TestCountedFromTheFirst: a release from before a flag was on left no object
// of the type, unless it runs beside one that has it on.
func TestCountedFromTheFirst(t *testing.T) {
	t.Parallel()
	release := func(name string, role Role, on ...string) Release {
		return Release{Name: name, Source: "release:" + name, Role: role, Types: []*definition.Type{{Name: "token", Flag: "dark"}}, Flags: on}
	}
	counted := Counted([]Release{release("v1", History), release("v2", Live), release("v3", History, "dark"), release("v4", Live)})
	var names []string
	for _, r := range counted {
		if r.Type("token") != nil {
			names = append(names, r.Name)
		}
	}
	assert.Equal(t, []string{"v2", "v3", "v4"}, names)
}
