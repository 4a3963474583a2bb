package main

import (
	"github.com/esogen/esogen/examples/product/api"
	"github.com/esogen/esogen/examples/product/service"
	"github.com/esogen/esogen/examples/product/two/generated/webhook"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

var webhooks = &service.Type[webhook.Webhook]{
	Plural:  "webhooks",
	Objects: webhook.Objects,

	Create: func(decode service.Decode) (*webhook.Webhook, error) {
		var body api.NewWebhook
		if err := decode(&body); err != nil {
			return nil, err
		}
		o := webhook.New()
		o.Events = body.Events
		aim(o, &body.Target)
		return o, nil
	},

	Patch: func(decode service.Decode) (store.Patcher[webhook.Webhook], error) {
		var body api.WebhookPatch
		err := decode(&body)
		return webhook.Patch{Events: body.Events}, err
	},

	Replace: func(decode service.Decode) (func(*webhook.Webhook), error) {
		var body api.Target
		err := decode(&body)
		return func(o *webhook.Webhook) { aim(o, &body) }, err
	},

	Show: func(o *webhook.Webhook) any { return api.Webhook{URL: o.URL, Events: o.Events, Enabled: o.Enabled} },

	Secrets: func(o *webhook.Webhook) map[string]*eso.Secret[string] {
		return map[string]*eso.Secret[string]{"signingSecret": &o.SigningSecret, "previousSecret": o.PreviousSecret}
	},

	Filters: map[string]func(string) eso.Filter[webhook.Webhook]{"url": webhook.ByURL},
}

// aim points a webhook at a target.
func aim(o *webhook.Webhook, t *api.Target) {
	if o.SigningSecret.Present() {
		// Events that were signed with it still verify.
		previous := o.SigningSecret
		o.PreviousSecret = &previous
	}
	o.URL, o.SigningSecret = t.URL, eso.NewSecret(t.SigningSecret)
	if t.Enabled != nil {
		o.Enabled = *t.Enabled
	}
}
