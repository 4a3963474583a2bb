package main

import (
	"errors"
	"time"

	"github.com/esogen/esogen/examples/product/conversion"
	"github.com/esogen/esogen/examples/product/service"
	"github.com/esogen/esogen/examples/product/two/generated/integration"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// credentials make a connection. They are replaced together.
type credentials struct {
	URL          string             `json:"url"`
	Username     string             `json:"username"`
	Region       integration.Region `json:"region"`
	Password     string             `json:"password"`
	APIKey       *string            `json:"apiKey"`
	RefreshToken *string            `json:"refreshToken"`
}

func (c *credentials) apply(o *integration.Integration) {
	if c.Region == "" {
		c.Region = integration.RegionDefault
	}
	o.URL, o.Username, o.Region = c.URL, c.Username, c.Region
	o.Password = eso.NewSecret(c.Password)
	o.APIKey, o.RefreshToken = service.Secret(c.APIKey), service.Secret(c.RefreshToken)
}

// settings are what users change without the credentials.
type settings struct {
	Name        *string `json:"name"`
	Label       *string `json:"label"`
	Description *string `json:"description"`
	Timeout     *string `json:"timeout"` // such as "1m30s"
}

// timeout returns what the request gives, or nil. Release one counts in whole
// seconds, between a second and an hour.
func (s *settings) timeout() (*time.Duration, error) {
	if s.Timeout == nil {
		return nil, nil
	}
	d, err := time.ParseDuration(*s.Timeout)
	if err != nil || d%time.Second != 0 || d < time.Second || d > time.Hour {
		return nil, service.BadRequest(errors.New(`the timeout is a duration in whole seconds, up to "1h"`))
	}
	return &d, nil
}

// integrationView is an integration in a response.
type integrationView struct {
	Name        string             `json:"name"`
	Label       string             `json:"label"`
	URL         string             `json:"url"`
	Username    string             `json:"username"`
	Region      integration.Region `json:"region"`
	Description *string            `json:"description,omitempty"`
	Timeout     string             `json:"timeout"`
	UseCount    int64              `json:"useCount"`
	LastUsedAt  *time.Time         `json:"lastUsedAt,omitempty"`
}

var integrations = &service.Type[integration.Integration]{
	Plural:  "integrations",
	Objects: integration.Objects,
	Create:  createIntegration,

	Patch: func(decode service.Decode) (store.Patcher[integration.Integration], error) {
		var body settings
		if err := decode(&body); err != nil {
			return nil, err
		}
		timeout, err := body.timeout()
		return integration.Patch{
			Name:        body.Name,
			Label:       body.Label,
			Description: service.Given(body.Description),
			Timeout:     timeout,
		}, err
	},

	Replace: func(decode service.Decode) (func(*integration.Integration), error) {
		var body credentials
		return body.apply, decode(&body)
	},

	Show: func(o *integration.Integration) any {
		return integrationView{
			o.Name, o.Label, o.URL, o.Username, o.Region, o.Description,
			o.Timeout.String(), o.UseCount, o.LastUsedAt,
		}
	},

	Secrets: func(o *integration.Integration) map[string]*eso.Secret[string] {
		return map[string]*eso.Secret[string]{"password": &o.Password, "apiKey": o.APIKey, "refreshToken": o.RefreshToken}
	},

	Used: func(o *integration.Integration) {
		o.UseCount, o.LastUsedAt = o.UseCount+1, new(time.Now().UTC())
	},

	Filters: map[string]func(string) eso.Filter[integration.Integration]{
		"name":        integration.ByName,
		"label":       integration.ByLabel,
		"url":         integration.ByURL,
		"username":    integration.ByUsername,
		"description": integration.ByDescription,
		"region": func(value string) eso.Filter[integration.Integration] {
			return integration.ByRegion(integration.Region(value))
		},
	},
}

func createIntegration(decode service.Decode) (*integration.Integration, error) {
	var body struct {
		credentials
		settings
	}
	if err := decode(&body); err != nil {
		return nil, err
	}
	timeout, err := body.timeout()
	if err != nil {
		return nil, err
	}
	o := integration.New()
	if timeout != nil {
		o.Timeout = *timeout
	}
	if body.Name != nil {
		o.Name = *body.Name
	}
	o.Label, o.Description = conversion.Label(o.Name, body.URL), body.Description
	if body.Label != nil {
		o.Label = *body.Label
	}
	body.apply(o)
	return o, nil
}
