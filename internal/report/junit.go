package report

import (
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/esogen/esogen/internal/check"
	"github.com/esogen/esogen/internal/definition"
)

// junit is the XML that test reports of CI systems are made of: a test case for
// each type and rule that was broken. Warnings pass, and are in system-out;
// what a person has accepted is skipped, and so is a run that compared nothing.
// Format: the JUnit XML of Ant, as the systems in use read it.
func junit(w *writer, r *check.Result, _ Options) {
	suite := junitSuite{Name: "esogen check", Properties: []junitProperty{{"summary", summary(r)}}}
	for _, b := range r.Baselines {
		suite.Properties = append(suite.Properties, junitProperty{"baseline", fmt.Sprintf("%s (%s)", b.Name, b.Role)})
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		c := newCase(f)
		body := strings.Join(append(append([]string{atPlace(f, f.Hint)}, f.Trace...), f.Docs), "\n")
		if f.Severity == definition.Error {
			c.Failure = &junitFailure{f.Message, f.Rule, body}
			suite.Failures++
		} else {
			c.Output = f.Message + "\n" + body
		}
		suite.Cases = append(suite.Cases, c)
	}
	for i := range r.Accepted {
		a := &r.Accepted[i]
		c := newCase(&a.Finding)
		c.Skipped = &junitSkipped{"accepted: " + a.Reason}
		c.Output = atPlace(&a.Finding, a.Finding.Message)
		suite.Skipped++
		suite.Cases = append(suite.Cases, c)
	}
	if len(suite.Cases) == 0 {
		c := junitCase{Name: summary(r), Class: "specs"}
		if text := uncompared(r); text != "" {
			c.Skipped = &junitSkipped{text}
			suite.Skipped++
		}
		suite.Cases = []junitCase{c}
	}
	suite.Tests = len(suite.Cases)
	out := junitSuites{Tests: suite.Tests, Failures: suite.Failures, Skipped: suite.Skipped, Suites: []junitSuite{suite}}
	w.WriteString(xml.Header)
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	encoder.Encode(out)
	w.line("")
}

func newCase(f *check.Finding) junitCase {
	c := junitCase{Name: f.Rule, Class: f.Type, File: f.File, Line: f.Line}
	if c.Class == "" {
		c.Class = "specs"
	}
	if f.Attribute != "" {
		c.Name += " " + f.Attribute
	}
	return c
}

// atPlace puts the place of a finding before a text.
func atPlace(f *check.Finding, text string) string {
	if at := place(f); at != "" {
		return at + "\n" + text
	}
	return text
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Line    int           `xml:"line,attr,omitempty"`
	Failure *junitFailure `xml:"failure"`
	Skipped *junitSkipped `xml:"skipped"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Body    string `xml:",chardata"`
}
