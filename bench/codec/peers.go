package main

import (
	"encoding/json"
	"fmt"

	"github.com/bytedance/sonic"
	jsonv2 "github.com/go-json-experiment/json"
	gojson "github.com/goccy/go-json"
	"github.com/mailru/easyjson"

	"github.com/esogen/esogen/bench/codec/easy"
	"github.com/esogen/esogen/bench/codec/generated/rule"
	"github.com/esogen/esogen/bench/codec/plain"
)

// Text is the object, as esogen and the peers write it.
const Text = `{"name":"CPU usage above limit","description":"Fires when the average CPU usage of a host stays above the limit for the whole window.",` +
	`"kind":"metric","status":"active","owner":"platform-team","ruleTypeId":"metrics.alert.threshold","uuid":"0f6cc8ad-7b0e-4c43-9a5e-2f9a5d1c7e11",` +
	`"enabled":true,"muteAll":false,"revision":17,"priority":3,"executionCount":1048576,"ratio":0.75,"threshold":92.5,` +
	`"createdAt":"2026-01-02T03:04:05.678Z","updatedAt":"2026-02-03T04:05:06.789Z","lastRunAt":"2026-02-03T04:05:06.123Z","nextRunAt":"2026-02-03T04:06:06.123Z",` +
	`"tags":["production","cpu","hosts","team:platform"],"windows":[60,300,900],"labels":{"cluster":"eu-west-1","country":"Germany","env":"production","tier":"web"},` +
	`"schedule":{"interval":"1m","timezone":"Europe/Berlin","count":12,"immediate":true},"note":"see the runbook, and call the team when it fires twice","maxAttempts":3}`

// Peer is a way to write and to read the rule. Each call does it once.
type Peer struct {
	Name      string
	Marshal   func() ([]byte, error)
	Unmarshal func() error
}

// Baseline is the peer to which the others are compared.
const Baseline = "encoding/json"

// Peers returns the peers, with esogen first.
func Peers() ([]Peer, error) {
	var p plain.Rule
	var e easy.Rule
	var read rule.Rule
	text := []byte(Text)
	for _, err := range []error{json.Unmarshal(text, &p), easyjson.Unmarshal(text, &e), read.UnmarshalJSON(text)} {
		if err != nil {
			return nil, err
		}
	}
	made := madeOf(p)
	return []Peer{
		{"esogen", func() ([]byte, error) { return made.MarshalJSON() }, func() error { var v rule.Rule; return v.UnmarshalJSON(text) }},
		// What was read and is written unchanged is compared member by member
		// with the stored text, and comes out byte for byte.
		{"esogen, as read", func() ([]byte, error) { return read.MarshalJSON() }, nil},
		{"encoding/json", func() ([]byte, error) { return json.Marshal(&p) }, func() error { var v plain.Rule; return json.Unmarshal(text, &v) }},
		{"go-json-experiment", func() ([]byte, error) { return jsonv2.Marshal(&p) }, func() error { var v plain.Rule; return jsonv2.Unmarshal(text, &v) }},
		{"easyjson", func() ([]byte, error) { return easyjson.Marshal(&e) }, func() error { var v easy.Rule; return easyjson.Unmarshal(text, &v) }},
		{"sonic", func() ([]byte, error) { return sonic.Marshal(&p) }, func() error { var v plain.Rule; return sonic.Unmarshal(text, &v) }},
		{"goccy/go-json", func() ([]byte, error) { return gojson.Marshal(&p) }, func() error { var v plain.Rule; return gojson.Unmarshal(text, &v) }},
	}, nil
}

// madeOf returns a rule as business code makes it, not read from anywhere.
func madeOf(p plain.Rule) rule.Rule {
	return rule.Rule{
		Name: p.Name, Description: p.Description, Kind: rule.Kind(p.Kind), Status: rule.Status(p.Status), Owner: p.Owner,
		RuleTypeID: p.RuleTypeID, UUID: p.UUID, Enabled: p.Enabled, MuteAll: p.MuteAll, Revision: p.Revision, Priority: p.Priority,
		ExecutionCount: p.ExecutionCount, Ratio: p.Ratio, Threshold: p.Threshold, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
		LastRunAt: p.LastRunAt, NextRunAt: p.NextRunAt, SnoozedUntil: p.SnoozedUntil, Tags: p.Tags, Windows: p.Windows, Labels: p.Labels,
		Schedule: rule.Schedule{Interval: p.Schedule.Interval, Timezone: p.Schedule.Timezone, Count: p.Schedule.Count, Immediate: p.Schedule.Immediate},
		Note:     p.Note, MaxAttempts: p.MaxAttempts,
	}
}

// Check reports whether the peer does what it is measured for.
func (p Peer) Check() error {
	text, err := p.Marshal()
	if err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	var got, want any
	if err := json.Unmarshal(text, &got); err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	if err := json.Unmarshal([]byte(Text), &want); err != nil {
		return err
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Errorf("%s writes another object", p.Name)
	}
	if p.Unmarshal == nil {
		return nil
	}
	return p.Unmarshal()
}
