// Package api has the requests and responses that are the same in both releases.
package api

// Target is where a webhook sends events, and what signs them.
type Target struct {
	URL           string `json:"url"`
	SigningSecret string `json:"signingSecret"`
	Enabled       *bool  `json:"enabled"`
}

// NewWebhook is the body of a POST.
type NewWebhook struct {
	Target
	Events []string `json:"events"`
}

// WebhookPatch is the body of a PATCH.
type WebhookPatch struct {
	Events *[]string `json:"events"`
}

// Webhook is a webhook in a response.
type Webhook struct {
	URL     string   `json:"url"`
	Events  []string `json:"events"`
	Enabled bool     `json:"enabled"`
}
