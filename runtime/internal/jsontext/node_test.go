package jsontext

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/internal/nodetest"
	"github.com/esogen/esogen/runtime/internal/jsontest"
)

// The tests in this file compare with the packages that Kibana uses, by random
// values. They need node and interop/node_modules; see package nodetest.
func TestNodeStable(t *testing.T) {
	process := nodetest.Start(t, "../../../interop")
	rapid.Check(t, func(rt *rapid.T) {
		var requests []nodetest.Request
		for range 50 {
			requests = append(requests, nodetest.Request{Op: "stable", Text: jsontest.JSON(rt, 3)})
		}
		for i, answer := range process.Ask(t, requests...) {
			require.Empty(rt, answer.Error, "of %s", requests[i].Text)
			require.Equal(rt, answer.Text, string(AppendStable(nil, requests[i].Text)), "of %s", requests[i].Text)
		}
	})
}

func TestNodeNumbers(t *testing.T) {
	process := nodetest.Start(t, "../../../interop")
	rapid.Check(t, func(rt *rapid.T) {
		numbers := rapid.SliceOfN(rapid.Custom(jsontest.Number), 200, 200).Draw(rt, "numbers")
		text := "[" + strings.Join(numbers, ",") + "]"
		stable := process.Text(t, nodetest.Request{Op: "stable", Text: text})
		printed := strings.Split(strings.Trim(stable, "[]"), ",")
		require.Len(rt, printed, len(numbers))
		for i, number := range numbers {
			require.Equal(rt, printed[i], string(AppendStable(nil, number)), "of %s", number)
			require.Equal(rt, printed[i] == "null", BeyondDouble(number), "of %s", number)
		}
	})
}
