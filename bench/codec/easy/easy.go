// Package easy is the same rule for easyjson, with the code that it generates.
package easy

import "time"

//go:generate go tool easyjson -all easy.go

// Rule is an alerting rule.
type Rule struct {
	Name           string            `json:"name"`
	Description    string            `json:"description"`
	Kind           string            `json:"kind"`
	Status         string            `json:"status"`
	Owner          string            `json:"owner"`
	RuleTypeID     string            `json:"ruleTypeId"`
	UUID           string            `json:"uuid"`
	Enabled        bool              `json:"enabled"`
	MuteAll        bool              `json:"muteAll"`
	Revision       int64             `json:"revision"`
	Priority       int64             `json:"priority"`
	ExecutionCount int64             `json:"executionCount"`
	Ratio          float64           `json:"ratio"`
	Threshold      float64           `json:"threshold"`
	CreatedAt      time.Time         `json:"createdAt"`
	UpdatedAt      time.Time         `json:"updatedAt"`
	LastRunAt      *time.Time        `json:"lastRunAt,omitempty"`
	NextRunAt      *time.Time        `json:"nextRunAt,omitempty"`
	SnoozedUntil   *time.Time        `json:"snoozedUntil,omitempty"`
	Tags           []string          `json:"tags"`
	Windows        []int64           `json:"windows"`
	Labels         map[string]string `json:"labels"`
	Schedule       Schedule          `json:"schedule"`
	Note           *string           `json:"note,omitempty"`
	MaxAttempts    *int64            `json:"maxAttempts,omitempty"`
}

// Schedule says when a rule runs.
type Schedule struct {
	Interval  string `json:"interval"`
	Timezone  string `json:"timezone"`
	Count     int64  `json:"count"`
	Immediate bool   `json:"immediate"`
}
