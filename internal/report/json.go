package report

import (
	"encoding/json"

	"github.com/esogen/esogen/internal/check"
)

// jsonObject is for programs: exactly one object, with every key in every
// finding. What is in it only grows.
func jsonObject(w *writer, r *check.Result, _ Options) {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	encoder.Encode(struct {
		Safe      bool             `json:"safe"`
		Baselines []check.Baseline `json:"baselines"`
		Accepted  []check.Accepted `json:"accepted"`
		Findings  []check.Finding  `json:"findings"`
	}{r.Safe, present(r.Baselines), present(r.Accepted), present(r.Findings)})
}

// present makes a list of none an empty one.
func present[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
