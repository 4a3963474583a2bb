package check

var definitionRules = []*Rule{}
