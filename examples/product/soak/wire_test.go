package soak

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// answer is the outcome of a request.
type answer struct {
	status int // 0 where there was no answer
	body   []byte
}

func (a answer) acknowledged() bool { return a.status >= 200 && a.status < 300 }

// unsure reports whether the operation may have happened, or may not.
func (a answer) unsure() bool { return a.status == 0 || a.status >= 500 }

var client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}

// ask sends a request. The client of net/http repeats none that writes.
func ask(method, url string, body any) answer {
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			panic(err)
		}
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, url, reader)
	if err != nil {
		panic(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return answer{}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil && method == http.MethodGet {
		return answer{}
	}
	return answer{response.StatusCode, text}
}

// The groups of attributes that are written together, in the names of the
// model: what both releases call otherwise has one name there.
var groupsOf = map[string][]string{
	"integrations": {"name", "text", "timeout", "label", "credentials"},
	"webhooks":     {"events", "target"},
}

// namesOf returns what a release shows of a group; secrets are not shown.
func namesOf(group string, r release) []string {
	switch {
	case group == "credentials" && r == two:
		return []string{"url", "username", "region"}
	case group == "credentials":
		return []string{"url", "username"}
	case group == "label" && r == one:
		return nil
	case group == "target":
		return []string{"url", "enabled"}
	}
	return []string{group}
}

// secretsOf returns the secrets that a release knows.
func secretsOf(plural string, r release) []string {
	switch {
	case plural == "integrations" && r == two:
		return []string{"password", "apiKey", "refreshToken"}
	case plural == "integrations":
		return []string{"password", "apiKey"}
	case r == two:
		return []string{"signingSecret", "previousSecret"}
	}
	return []string{"signingSecret"}
}

// body turns what the model calls values into the body of a request to a
// release.
func body(r release, values state) map[string]any {
	b := map[string]any{}
	for name, value := range values {
		switch {
		case name == "text" && r == one:
			b["notes"] = value
		case name == "text":
			b["description"] = value
		case name == "timeout" && r == one:
			b["timeoutSeconds"], _ = strconv.Atoi(value)
		case name == "timeout":
			b["timeout"] = value + "s"
		case name == "events":
			b["events"] = strings.Split(value, " ")
		case name == "enabled":
			b["enabled"] = value == "true"
		default:
			b[name] = value
		}
	}
	return b
}

// view is an object as a release shows it.
type view struct {
	ID         string         `json:"id"`
	Model      int            `json:"model"`
	Problem    string         `json:"problem"`
	Attributes map[string]any `json:"attributes"`
}

// state returns what a view shows, in the names of the model.
func (v view) state() state {
	s := state{}
	for name, value := range v.Attributes {
		switch name {
		case "notes", "description":
			s["text"] = value.(string)
		case "timeoutSeconds":
			s["timeout"] = fmt.Sprint(value)
		case "timeout":
			d, err := time.ParseDuration(value.(string))
			if err == nil {
				s["timeout"] = fmt.Sprint(int(d.Seconds()))
			}
		case "events":
			var words []string
			for _, word := range value.([]any) {
				words = append(words, word.(string))
			}
			s["events"] = strings.Join(words, " ")
		default:
			s[name] = fmt.Sprint(value)
		}
	}
	return s
}

// signed reports whether a state's secrets make these signatures of a challenge.
func (s state) signed(challenge string, signatures map[string]string, names []string) bool {
	for _, name := range names {
		signature := ""
		if secret, ok := s[name]; ok {
			mac := hmac.New(sha256.New, []byte(secret))
			mac.Write([]byte(challenge))
			signature = hex.EncodeToString(mac.Sum(nil))
		}
		if signature != signatures[name] {
			return false
		}
	}
	return true
}

// signs reports whether the group may have the secrets that made signatures.
func (r *register) signs(challenge string, signatures map[string]string, names []string) bool {
	return slices.ContainsFunc(r.possible, func(s state) bool { return s.signed(challenge, signatures, names) })
}
