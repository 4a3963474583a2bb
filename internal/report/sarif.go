package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"path"
	"strings"

	"github.com/esogen/esogen/internal/check"
	"github.com/esogen/esogen/internal/definition"
)

// sarif writes SARIF 2.1.0, which code scanning services take. Format: OASIS
// Standard "Static Analysis Results Interchange Format (SARIF) Version 2.1.0",
// with errata 01. Paths are relative to the top of the repository, as
// GitHub expects; outside of git, to the project. Fingerprints hold the
// rule, the type, the attribute and the model, and no line: a finding stays the
// same one when the spec around it moves.
func sarif(w *writer, r *check.Result, o Options) {
	run := sarifRun{Results: []sarifResult{}, ColumnKind: "unicodeCodePoints"}
	run.Tool.Driver = sarifDriver{Name: "esogen", Version: o.Version, InformationURI: "https://github.com/esogen/esogen", Rules: []sarifRule{}}
	index := map[string]int{}
	for _, rule := range check.Rules() {
		index[rule.ID] = len(run.Tool.Driver.Rules)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: rule.ID, Name: rule.ID, Short: sarifText{upper(rule.Purpose) + "."}, Full: sarifText{rule.Why},
			Help: sarifText{rule.WayOut}, HelpURI: rule.Docs(),
			Configuration: sarifConfiguration{level(rule.Severity)},
		})
	}
	seen := map[string]int{}
	add := func(f *check.Finding) *sarifResult {
		result := sarifResult{RuleID: f.Rule, Level: level(f.Severity), Message: sarifText{message(f)}, Locations: []sarifLocation{location(f, o)}}
		if at, ok := index[f.Rule]; ok {
			result.RuleIndex = &at
		}
		if len(f.Trace) > 0 {
			result.Properties = map[string]any{"trace": f.Trace, "baseline": f.Baseline}
		}
		result.Fingerprints = map[string]string{"esogen/v1": fingerprint(f, seen)}
		run.Results = append(run.Results, result)
		return &run.Results[len(run.Results)-1]
	}
	for i := range r.Findings {
		add(&r.Findings[i])
	}
	for i := range r.Accepted {
		add(&r.Accepted[i].Finding).Suppressions = []sarifSuppression{{"inSource", "accepted", r.Accepted[i].Reason}}
	}
	run.Properties = map[string]any{"safe": r.Safe, "summary": summary(r), "baselines": present(r.Baselines)}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	encoder.Encode(sarifLog{
		Schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	})
}

func level(s definition.Severity) string {
	if s == definition.Error {
		return "error"
	}
	return "warning"
}

// message is all that a service shows of a finding.
func message(f *check.Finding) string {
	parts := []string{f.Message + "."}
	if f.Hint != "" {
		parts = append(parts, upper(f.Hint)+".")
	}
	return strings.Join(append(parts, f.Trace...), "\n")
}

// location is the place of a finding. Services drop results without one, so
// that what has no place is put to the directory of the specs.
func location(f *check.Finding, o Options) sarifLocation {
	file := f.File
	if file == "" {
		file = o.Specs
	}
	if file == "" || path.IsAbs(file) {
		file = "specs"
	}
	file = o.fromTop(file)
	location := sarifLocation{Physical: sarifPhysical{Artifact: sarifArtifact{URI: (&url.URL{Path: file}).String()}}}
	if f.Line > 0 {
		location.Physical.Region = &sarifRegion{StartLine: f.Line, StartColumn: f.Column}
	}
	name := f.Type
	if f.Attribute != "" {
		name += "." + f.Attribute
	}
	if name != "" {
		location.Logical = []sarifLogical{{FullyQualifiedName: name}}
	}
	return location
}

// fingerprint tells findings apart by what they are about; several of one kind
// are numbered.
func fingerprint(f *check.Finding, seen map[string]int) string {
	about, _ := json.Marshal([]any{f.Rule, f.Type, f.Attribute, f.Model})
	key := string(about)
	if f.Type == "" {
		key += f.File + f.Message
	}
	seen[key]++
	again, _ := json.Marshal(seen[key])
	sum := sha256.Sum256([]byte(key + string(again)))
	return hex.EncodeToString(sum[:])
}

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	ColumnKind string         `json:"columnKind"`
	Results    []sarifResult  `json:"results"`
	Properties map[string]any `json:"properties"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version,omitempty"`
	InformationURI string      `json:"informationUri"`
	Rules          []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID            string             `json:"id"`
	Name          string             `json:"name"`
	Short         sarifText          `json:"shortDescription"`
	Full          sarifText          `json:"fullDescription"`
	Help          sarifText          `json:"help"`
	HelpURI       string             `json:"helpUri"`
	Configuration sarifConfiguration `json:"defaultConfiguration"`
}

type sarifConfiguration struct {
	Level string `json:"level"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifResult struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    *int              `json:"ruleIndex,omitempty"`
	Level        string            `json:"level"`
	Message      sarifText         `json:"message"`
	Locations    []sarifLocation   `json:"locations"`
	Fingerprints map[string]string `json:"partialFingerprints"`
	Properties   map[string]any    `json:"properties,omitempty"`

	Suppressions []sarifSuppression `json:"suppressions,omitempty"`
}

// sarifSuppression says that a person has accepted a result (section 3.35).
type sarifSuppression struct {
	Kind          string `json:"kind"`
	Status        string `json:"status"`
	Justification string `json:"justification"`
}

type sarifLocation struct {
	Physical sarifPhysical  `json:"physicalLocation"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
}

type sarifLogical struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
}
