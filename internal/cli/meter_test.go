package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// clock is a time that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newMeter(columns int) (*meter, *clock, *bytes.Buffer) {
	c := &clock{time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)}
	out := &bytes.Buffer{}
	return &meter{out: out, now: c.now, columns: func() int { return columns }, begin: map[string]mark{}}, c, out
}

func TestMeterWithoutATerminal(t *testing.T) {
	m, c, out := newMeter(0)
	m.show("token", 1, 1000, 0)
	m.show("token", 2, 1000, 0)
	c.at = c.at.Add(everyLine)
	m.show("token", 500, 1000, 3)
	m.end()
	assert.Equal(t, "esogen: token: 1 of 1000\nesogen: token: 500 of 1000, 3 failed\n", out.String())
}

func TestMeterOnATerminal(t *testing.T) {
	m, c, out := newMeter(80)
	m.show("token", 0, 1000, 0)
	c.at = c.at.Add(10 * time.Second)
	m.show("token", 250, 1000, 1)
	m.end()
	frames := strings.Split(out.String(), "\r")
	assert.Equal(t, []string{
		"",
		"[                              ]   0% token: 0 of 1000\x1b[K",
		"[=======                       ]  25% token: 250 of 1000, 1 failed, 30s left\x1b[K",
		"\x1b[K",
	}, frames)
}

// A run that goes on where an earlier one stopped is as fast as what it did
// itself.
func TestMeterGoesOn(t *testing.T) {
	m, c, out := newMeter(80)
	m.show("token", 900, 1000, 0)
	c.at = c.at.Add(10 * time.Second)
	m.show("token", 950, 1000, 0)
	assert.Contains(t, out.String(), "token: 950 of 1000, 10s left")
}

func TestMeterIsNoWiderThanTheTerminal(t *testing.T) {
	for columns := 1; columns < 100; columns++ {
		for _, total := range []int{0, 7} {
			m, c, out := newMeter(columns)
			m.show("action_task_params", 3, total, 0)
			c.at = c.at.Add(time.Minute)
			m.show("action_task_params", 9, total, 2) // others have created objects since
			for frame := range strings.SplitSeq(out.String(), "\r") {
				assert.Less(t, len(strings.TrimSuffix(frame, "\x1b[K")), max(columns, 1), "%d columns", columns)
			}
		}
	}
}

func TestMeterSaysHowLongItTakes(t *testing.T) {
	for want, c := range map[string]struct {
		since     time.Duration
		did, todo int
	}{
		"":            {time.Second, 5, 5},
		"10s left":    {10 * time.Second, 5, 5},
		"1m40s left":  {10 * time.Second, 1, 10},
		"2h46m left":  {10 * time.Second, 1, 998},
		"27h47m left": {10 * time.Second, 1, 10000},
	} {
		assert.Equal(t, want, left(c.since, c.did, c.todo))
	}
	assert.Empty(t, left(time.Minute, 0, 5), "nothing done yet")
	assert.Empty(t, left(time.Minute, 5, 0))
}
