package codec

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFilters(t *testing.T) {
	type object struct{ name string }
	named := func(name string) func(*object) bool {
		return func(o *object) bool { return o.name == name }
	}
	f := Equal("name", "a", named("a"))
	assert.Equal(t, "name", f.Attribute())
	assert.Equal(t, "a", f.Value())
	assert.True(t, f.Matches(&object{"a"}))
	assert.False(t, f.Matches(&object{"b"}))
	assert.Equal(t, true, Equal("x", true, named("")).Value())
	assert.Equal(t, int64(1), Equal("x", int64(1), named("")).Value())
	assert.Nil(t, Matching("x", named("")).Value(), "a database cannot tell")
	assert.True(t, Filter[object]{}.Matches(&object{}), "no filter takes all")
}
