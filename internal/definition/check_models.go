package definition

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// numbers checks which models there are, which one is written and which is
// the oldest.
func (c *checker) numbers() {
	highest := len(c.t.Models)
	if highest == 0 {
		c.fail("no-models", onType("models"), "the type has no model",
			`write models: "1": {attributes: {…}, encrypted: […], aad: […]}, or retired: true for a type that is gone`)
		return
	}
	for i := range c.t.Models {
		m := &c.t.Models[i]
		if m.Number == i+1 {
			continue
		}
		message := fmt.Sprintf("the first model has the number %d", m.Number)
		if before := c.before(i); before != nil {
			message = fmt.Sprintf("model %d comes after model %d", m.Number, before.Number)
		}
		c.fail("model-numbers", onModel(m), message, fmt.Sprintf("number the models from 1, without gaps: this one is %d", i+1))
		highest = c.t.Models[len(c.t.Models)-1].Number
		break
	}
	c.writeAndOldest(highest)
}

func (c *checker) writeAndOldest(highest int) {
	write, oldest := c.t.Write, c.t.Oldest
	switch {
	case write < 1 || write > highest:
		c.fail("write", onType("write"), fmt.Sprintf(`"write" is %d, but there is no model %d`, write, write),
			fmt.Sprintf("write %s, or add the model", oneTo(highest)))
	case oldest < 1:
		c.fail("oldest", onType("oldest"), fmt.Sprintf(`"oldest" is %d`, oldest), "write "+oneTo(write))
	case oldest > write:
		c.fail("oldest", onType("oldest"), fmt.Sprintf(`"oldest" is %d, above the model %d that is written`, oldest, write), "write "+oneTo(write))
	}
}

func oneTo(n int) string {
	if n == 1 {
		return "1"
	}
	return fmt.Sprintf("a number from 1 to %d", n)
}

// namespaces checks that each model has a kind of namespace; a kind left out
// in one place is reported once.
func (c *checker) namespaces() {
	for i := range c.t.Models {
		m := &c.t.Models[i]
		switch m.Namespaces {
		case Single, Multiple, MultipleIsolated, Agnostic:
			continue
		case "":
			c.fail("namespaces", onType("namespaces"), "the type does not say in which namespaces its objects live",
				`write namespaces: "single", "multiple", "multiple-isolated" or "agnostic"`)
			return
		}
		c.fail("namespaces", onModel(m, "namespaces"), quoted(string(m.Namespaces))+" is not a kind of namespaces",
			`write "single", "multiple", "multiple-isolated" or "agnostic"`)
	}
}

// format refuses formats that no version of esogen has sealed.
func (c *checker) format() {
	for i := range c.t.Models {
		if m := &c.t.Models[i]; m.Format != Kibana && m.Format != Native {
			c.fail("bad-value", onModel(m, "format"), quoted(string(m.Format))+" is not a format", `write "native" or "kibana"`)
		}
	}
}

var (
	ruleIDs      = regexp.MustCompile(`^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*$`)
	dates        = regexp.MustCompile(`^[0-9]+-[0-9]+-[0-9]+$`)
	releaseNames = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$`)
)

// exceptions checks that each one names a rule, gives a reason, and ends at a
// day or a release.
func (c *checker) exceptions() {
	for i, e := range c.t.Exceptions {
		where := func(key string) at { return onType("exceptions", strconv.Itoa(i), key).of(e.Attribute) }
		switch {
		case e.Rule == "":
			c.fail("exception", where("rule"), "an exception names no rule", `write the id that the finding shows in brackets, such as rule: "definition/optional-bound"`)
		case !ruleIDs.MatchString(e.Rule):
			c.fail("exception", where("rule"), quoted(e.Rule)+" is not the id of a rule", `write the id that the finding shows in brackets, such as "definition/optional-bound"`)
		}
		if e.Reason == "" {
			c.fail("exception", where("reason"), "an exception gives no reason", `say why the finding is acceptable here: reason: "…"`)
		}
		if !Scoped(e.Rule) { // which may be for what is gone, and only in a release
			c.exceptionIsFor(e, where)
		}
		if !validUntil(e.Until) {
			c.fail("exception", where("until"), quoted(e.Until)+" is neither a date nor the name of a release",
				`write a date as "2027-03-01", or a release's name of letters, digits, ".", "_", "+" and "-"`)
		}
	}
}

// exceptionIsFor checks the attribute and the model that an exception names.
func (c *checker) exceptionIsFor(e Exception, where func(key string) at) {
	if e.Attribute != "" && !c.everHas(e.Attribute) {
		c.unknown(where("attribute"), "an exception is for", e.Attribute, c.everyName())
	}
	if e.Model != 0 && c.t.Model(e.Model) == nil {
		c.fail("exception", where("model"), fmt.Sprintf("an exception is for model %d, which is not there", e.Model), exceptionModelHint(len(c.t.Models)))
	}
}

func exceptionModelHint(models int) string {
	if models == 0 {
		return "take it out"
	}
	return "write the model that the finding names, " + oneTo(models)
}

func validUntil(until string) bool {
	if until == "" {
		return true
	}
	if dates.MatchString(until) {
		_, err := time.Parse(time.DateOnly, until)
		return err == nil
	}
	return releaseNames.MatchString(until)
}
