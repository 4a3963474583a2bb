package report

import (
	"encoding/xml"
	"strings"

	"github.com/esogen/esogen/internal/check"
	"github.com/esogen/esogen/internal/definition"
)

// junit is the XML that test reports of CI systems are made of: a test case for
// each type and rule that was broken. Warnings pass, and stand in system-out.
// Format: the JUnit XML of Ant, as the systems in use read it.
func junit(w *writer, r *check.Result, _ Options) {
	suite := junitSuite{Name: "esogen check"}
	for i := range r.Findings {
		f := &r.Findings[i]
		c := junitCase{Name: f.Rule, Class: f.Type, File: f.File, Line: f.Line}
		if c.Class == "" {
			c.Class = "specs"
		}
		if f.Attribute != "" {
			c.Name += " " + f.Attribute
		}
		body := f.Hint
		if at := place(f); at != "" {
			body = at + "\n" + body
		}
		body = strings.Join(append(append([]string{body}, f.Trace...), f.Docs), "\n")
		if f.Severity == definition.Error {
			c.Failure = &junitFailure{f.Message, f.Rule, body}
			suite.Failures++
		} else {
			c.Output = f.Message + "\n" + body
		}
		suite.Cases = append(suite.Cases, c)
	}
	if len(suite.Cases) == 0 {
		suite.Cases = []junitCase{{Name: summary(r), Class: "specs"}}
	}
	suite.Tests = len(suite.Cases)
	out := junitSuites{Tests: suite.Tests, Failures: suite.Failures, Suites: []junitSuite{suite}}
	w.WriteString(xml.Header)
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	encoder.Encode(out)
	w.line("")
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Line    int           `xml:"line,attr,omitempty"`
	Failure *junitFailure `xml:"failure"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Body    string `xml:",chardata"`
}
