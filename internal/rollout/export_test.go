package rollout

import "context"

// Judger plays a case.
type Judger = func(context.Context, Case) (Verdict, error)

// Rules are those by which the simulator looks for values that tell
// declarations apart.
var Rules = []rule{ruleNames, rulePatterns, ruleNulls, ruleEmpties, ruleKinds}

// JudgeWithout is Judge without one of them.
func JudgeWithout(r rule) Judger {
	return func(ctx context.Context, c Case) (Verdict, error) {
		return judge(ctx, c, options{together: together, moves: MaxMoves, reduce: true, without: r})
	}
}
