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
	findings := r.Findings
	if findings == nil {
		findings = []check.Finding{}
	}
	encoder.Encode(struct {
		Safe     bool            `json:"safe"`
		Findings []check.Finding `json:"findings"`
	}{r.Safe, findings})
}
