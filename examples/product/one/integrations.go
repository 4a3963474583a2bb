package main

import (
	"time"

	"github.com/esogen/esogen/examples/product/one/generated/integration"
	"github.com/esogen/esogen/examples/product/service"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// credentials make a connection. They are replaced together.
type credentials struct {
	URL      string  `json:"url"`
	Username string  `json:"username"`
	Password string  `json:"password"`
	APIKey   *string `json:"apiKey"`
}

func (c *credentials) apply(o *integration.Integration) {
	o.URL, o.Username = c.URL, c.Username
	o.Password, o.APIKey = eso.NewSecret(c.Password), service.Secret(c.APIKey)
}

// integrationView is an integration in a response.
type integrationView struct {
	Name           string     `json:"name"`
	URL            string     `json:"url"`
	Username       string     `json:"username"`
	Notes          *string    `json:"notes,omitempty"`
	TimeoutSeconds int64      `json:"timeoutSeconds"`
	UseCount       int64      `json:"useCount"`
	LastUsedAt     *time.Time `json:"lastUsedAt,omitempty"`
}

var integrations = &service.Type[integration.Integration]{
	Plural:  "integrations",
	Objects: integration.Objects,

	Create: func(decode service.Decode) (*integration.Integration, error) {
		var body struct {
			credentials
			Name           string  `json:"name"`
			Notes          *string `json:"notes"`
			TimeoutSeconds *int64  `json:"timeoutSeconds"`
		}
		if err := decode(&body); err != nil {
			return nil, err
		}
		o := integration.New()
		o.Name, o.Notes = body.Name, body.Notes
		if body.TimeoutSeconds != nil {
			o.TimeoutSeconds = *body.TimeoutSeconds
		}
		body.apply(o)
		return o, nil
	},

	Patch: func(decode service.Decode) (store.Patcher[integration.Integration], error) {
		var body struct {
			Name           *string `json:"name"`
			Notes          *string `json:"notes"`
			TimeoutSeconds *int64  `json:"timeoutSeconds"`
		}
		err := decode(&body)
		return integration.Patch{Name: body.Name, Notes: service.Given(body.Notes), TimeoutSeconds: body.TimeoutSeconds}, err
	},

	Replace: func(decode service.Decode) (func(*integration.Integration), error) {
		var body credentials
		return body.apply, decode(&body)
	},

	Show: func(o *integration.Integration) any {
		return integrationView{o.Name, o.URL, o.Username, o.Notes, o.TimeoutSeconds, o.UseCount, o.LastUsedAt}
	},

	Secrets: func(o *integration.Integration) map[string]*eso.Secret[string] {
		return map[string]*eso.Secret[string]{"password": &o.Password, "apiKey": o.APIKey}
	},

	Used: func(o *integration.Integration) {
		o.UseCount, o.LastUsedAt = o.UseCount+1, new(time.Now().UTC())
	},

	Filters: map[string]func(string) eso.Filter[integration.Integration]{
		"name":     integration.ByName,
		"url":      integration.ByURL,
		"username": integration.ByUsername,
		"notes":    integration.ByNotes,
	},
}
