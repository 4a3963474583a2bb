package main

import (
	"fmt"
	"math/rand/v2"
)

// kind is the shape of an attribute: what a spec and a proto file both can say.
type kind int

const (
	text kind = iota
	boolean
	integer
	timestamp
	choice // an enum of its own
	texts  // a list of strings
	labels // a map from string to string
	nested // a struct with four fields
)

// role is plain, bound or encrypted: what an attribute is in the encrypted saved object. Protobuf
// has no word for it, so only the spec carries it.
type role int

const (
	plain role = iota
	bound
	encrypted
)

type attribute struct {
	name     string
	doc      string
	kind     kind
	role     role
	optional bool
	values   []string // of a choice
}

// object is one saved object type: 12 attributes in its first model, and 3
// more in its second.
type object struct {
	name       string
	attributes []attribute
	first      int // how many of the attributes model 1 has
}

const (
	attributesPerType  = 15
	attributesInModel1 = 12
)

// pool holds what a type draws its attributes from. The first ones, up to
// alwaysDrawn, are in every type.
var pool = []attribute{
	{name: "token", doc: "The secret that the service issued.", kind: text, role: encrypted},
	{name: "ownerId", doc: "The user that this object belongs to.", kind: text, role: bound},
	{name: "status", doc: "Where the object stands in its life.", kind: choice, values: []string{"pending", "active", "expired", "revoked"}},
	{name: "createdAt", doc: "When the object was created.", kind: timestamp, role: bound},
	{name: "tags", doc: "The tags that a user gave.", kind: texts},
	{name: "schedule", doc: "When the object is due.", kind: nested},

	{name: "title", doc: "The name that a user sees.", kind: text},
	{name: "description", doc: "What the object is for.", kind: text, optional: true},
	{name: "enabled", doc: "Whether the object is in use.", kind: boolean},
	{name: "attempts", doc: "How often it was tried.", kind: integer},
	{name: "timeoutSeconds", doc: "How long an attempt may take.", kind: integer, optional: true},
	{name: "updatedAt", doc: "When the object was last changed.", kind: timestamp},
	{name: "endpoint", doc: "Where requests go.", kind: text, role: bound},
	{name: "method", doc: "How requests are made.", kind: choice, values: []string{"get", "post", "put"}},
	{name: "hosts", doc: "The hosts that may be called.", kind: texts},
	{name: "headers", doc: "What is sent along.", kind: labels},
	{name: "password", doc: "The password of the account.", kind: text, role: encrypted, optional: true},
	{name: "region", doc: "Where the data lives.", kind: text, role: bound},
	{name: "revision", doc: "Counts the changes.", kind: integer},
	{name: "managed", doc: "Whether the product itself keeps it.", kind: boolean, optional: true},
	{name: "lastUsedAt", doc: "When it was last used.", kind: timestamp, optional: true},
	{name: "severity", doc: "How grave an alert is.", kind: choice, values: []string{"low", "medium", "high", "critical"}, optional: true},
}

const alwaysDrawn = 6

// later holds what the second model adds; every type takes all three.
var later = []attribute{
	{name: "refreshToken", doc: "Renews the token.", kind: text, role: encrypted, optional: true},
	{name: "refreshTokenExpiresAt", doc: "Until when the token can be renewed.", kind: timestamp, role: bound, optional: true},
	{name: "scopes", doc: "What the token allows.", kind: texts, optional: true},
}

var subjects = []string{"connector", "webhook", "session", "alert", "backup", "report", "agent", "policy", "pipeline", "invoice"}
var roles = []string{"token", "secret", "key", "account", "grant", "profile", "credential", "channel", "binding", "params"}

// corpus makes n types, the same ones at every call: the first of a longer
// corpus are the shorter one.
func corpus(n int) []object {
	objects := make([]object, n)
	for i := range objects {
		objects[i] = makeObject(i)
	}
	return objects
}

func makeObject(i int) object {
	random := rand.New(rand.NewPCG(uint64(i), 15))
	drawn := append([]attribute(nil), pool[:alwaysDrawn]...)
	rest := append([]attribute(nil), pool[alwaysDrawn:]...)
	random.Shuffle(len(rest), func(a, b int) { rest[a], rest[b] = rest[b], rest[a] })
	drawn = append(drawn, rest[:attributesInModel1-alwaysDrawn]...)
	return object{
		name:       fmt.Sprintf("%s_%s_%04d", subjects[i%10], roles[i/10%10], i),
		attributes: append(drawn, later...),
		first:      attributesInModel1,
	}
}
