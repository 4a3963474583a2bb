package definition

import "strings"

// Exception is a finding that a person has accepted.
type Exception struct {
	Rule      string
	Attribute string // "" means every attribute, or a finding that has none: see [Exception.Covers]
	Model     int    // 0 means every model, or a finding that has none
	Reason    string
	Until     string // a date (2027-03-01), or the name of a release yet to come
}

// Scoped reports whether exceptions to a rule are for one finding each: they
// name the attribute and the model that the finding has, and end with the
// release that ships them. So it is for rules that compare releases; what a
// person says about a secret or a declaration stays true.
func Scoped(rule string) bool {
	return strings.HasPrefix(rule, "rollout/") || strings.HasPrefix(rule, "history/")
}

// Covers reports whether the exception is for a finding of that rule, about
// that attribute and model, "" and 0 if it has none.
func (e *Exception) Covers(rule, attribute string, model int) bool {
	if e.Rule != rule {
		return false
	}
	if Scoped(rule) {
		return e.Attribute == attribute && e.Model == model
	}
	return (e.Attribute == "" || e.Attribute == attribute) && (e.Model == 0 || e.Model == model)
}

// Holds reports whether the type has an exception for the same finding. One
// that left the model out was for any.
func (t *Type) Holds(e Exception) bool {
	for i := range t.Exceptions {
		if x := &t.Exceptions[i]; x.Rule == e.Rule && x.Attribute == e.Attribute && (x.Model == e.Model || x.Model == 0) {
			return true
		}
	}
	return false
}
