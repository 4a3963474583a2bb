package eso_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	eso "github.com/esogen/esogen/runtime"
)

func TestAfterAndBeforeAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := []string{"a", "b", "c", "d", "e", "f"}
		before := rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, 5, rapid.ID).Draw(t, "before")
		var m eso.Model
		m.Removed = before[:rapid.IntRange(0, len(before)).Draw(t, "removed")]
		kept := before[len(m.Removed):]
		renamed := kept[:rapid.IntRange(0, len(kept)).Draw(t, "renamed")]
		free := slices.DeleteFunc(slices.Clone(all), func(name string) bool {
			return slices.Contains(m.Removed, name) || slices.Contains(kept[len(renamed):], name)
		})
		free = rapid.Permutation(free).Draw(t, "new names")
		for i, old := range renamed {
			if free[i] != old {
				m.Renamed = append(m.Renamed, eso.Rename{Old: old, New: free[i]})
			}
		}

		for _, name := range before {
			after, ok := m.After(name)
			assert.Equal(t, !slices.Contains(m.Removed, name), ok, "is %q kept?", name)
			if ok {
				back, ok := m.Before(after)
				assert.True(t, ok, "%q has become %q", name, after)
				assert.Equal(t, name, back, "of %q", after)
			}
		}
		for _, name := range all {
			if old, ok := m.Before(name); ok {
				after, ok := m.After(old)
				assert.True(t, ok, "%q was %q", name, old)
				assert.Equal(t, name, after, "of %q", old)
			}
		}
	})
}
