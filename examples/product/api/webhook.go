// Package api holds what requests and responses have in common in both
// releases.
package api

// Target is where a webhook's events go, and what they are signed with.
type Target struct {
	URL           string `json:"url"`
	SigningSecret string `json:"signingSecret"`
	Enabled       *bool  `json:"enabled"`
}

// NewWebhook is a webhook as a POST gives it.
type NewWebhook struct {
	Target
	Events []string `json:"events"`
}

// WebhookPatch is what a PATCH changes of a webhook.
type WebhookPatch struct {
	Events *[]string `json:"events"`
}

// Webhook is a webhook as responses show it.
type Webhook struct {
	URL     string   `json:"url"`
	Events  []string `json:"events"`
	Enabled bool     `json:"enabled"`
}
