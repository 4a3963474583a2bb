package main

import (
	"github.com/esogen/esogen/examples/product/one/generated/webhook"
	"github.com/esogen/esogen/examples/product/service"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// target is where events go, and what they are signed with.
type target struct {
	URL           string `json:"url"`
	SigningSecret string `json:"signingSecret"`
	Enabled       *bool  `json:"enabled"`
}

func (t *target) apply(o *webhook.Webhook) error {
	o.URL, o.SigningSecret = t.URL, eso.NewSecret(t.SigningSecret)
	if t.Enabled != nil {
		o.Enabled = *t.Enabled
	}
	return nil
}

// webhookView is a webhook as responses show it.
type webhookView struct {
	URL     string   `json:"url"`
	Events  []string `json:"events"`
	Enabled bool     `json:"enabled"`
}

var webhooks = &service.Type[webhook.Webhook]{
	Plural:  "webhooks",
	Objects: webhook.Objects,

	Create: func(decode service.Decode) (*webhook.Webhook, error) {
		var body struct {
			target
			Events []string `json:"events"`
		}
		if err := decode(&body); err != nil {
			return nil, err
		}
		o := webhook.New()
		o.Events = body.Events
		return o, body.apply(o)
	},

	Patch: func(decode service.Decode) (store.Patcher[webhook.Webhook], error) {
		var body struct {
			Events *[]string `json:"events"`
		}
		err := decode(&body)
		return webhook.Patch{Events: body.Events}, err
	},

	Replace: func(decode service.Decode) (func(*webhook.Webhook) error, error) {
		var body target
		return body.apply, decode(&body)
	},

	Show: func(o *webhook.Webhook) any { return webhookView{o.URL, o.Events, o.Enabled} },

	Secrets: func(o *webhook.Webhook) map[string]*eso.Secret[string] {
		return map[string]*eso.Secret[string]{"signingSecret": &o.SigningSecret}
	},

	Filters: map[string]func(string) eso.Filter[webhook.Webhook]{"url": webhook.ByURL},
}
