package golden

import (
	"encoding/json"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// Held is what earlier versions of a type's golden files hold that must stay.
type Held struct {
	// Type is as the releases have it: the one with the most models, and of
	// these the newest. It is nil if no release has the type.
	Type *definition.Type

	// Before is the file as the merge base with the default branch has it, or
	// nil. Branch is what messages call the merge base.
	Before []byte
	Branch string

	// Shipped means that what Before has may have shipped, for there is no
	// ledger that says what did.
	Shipped bool

	// All means that nothing may go: there was a ledger, and it is lost.
	All bool
}

// models is the highest model that a release has.
func (h *Held) models() int {
	if h.Type == nil {
		return 0
	}
	return len(h.Type.Models)
}

// fixtures are those of the released models.
func (h *Held) fixtures() map[fixtureKey]bool {
	found := map[fixtureKey]bool{}
	if h.Type == nil {
		return found
	}
	for _, f := range Fixtures(h.Type) {
		found[f.key()] = true
	}
	return found
}

// Reason is why a broken line must stay.
type Reason string

const (
	Renewable Reason = ""         // it need not
	Released  Reason = "released" // a release has its model, or may have
	Newer     Reason = "newer"    // a later version of esogen wrote it
	Before    Reason = "before"   // the merge base has it, and there is no ledger
	NoLedger  Reason = "ledger"   // the ledger is lost
)

// Broken is a line of a file of sealed documents or pins that is none, or does
// not open, or contradicts another one.
type Broken struct {
	Number int // in the file, from 1
	Model  int // 0 if the line does not say
	Err    error
	Keep   Reason // why it must stay, and be mended
}

// keeps returns why a broken line of a model must stay.
func (h *Held) keeps(text string, model int) Reason {
	switch {
	case h.All:
		return NoLedger
	case newer(text):
		return Newer
	case model <= h.models() && h.models() > 0: // 0 may be any
		return Released
	case h.Shipped && h.has(text):
		return Before
	default:
		return Renewable
	}
}

// KeepsAny returns why a file must stay whose type the specs do not declare.
func (h *Held) KeepsAny(file []byte) Reason {
	found, _ := records(file)
	for _, l := range found {
		if reason := h.keeps(l.text, modelIn(l.text)); reason != Renewable {
			return reason
		}
	}
	return Renewable
}

func (h *Held) has(text string) bool {
	found, _ := records(h.Before)
	for _, l := range found {
		if l.text == text {
			return true
		}
	}
	return false
}

// newer reports whether a line has a format that only a later version of
// esogen reads.
func newer(text string) bool {
	var head struct{ Format string }
	if json.Unmarshal([]byte(text), &head) != nil {
		return false
	}
	for _, format := range []string{sealedFormat, pinFormat} {
		family, _, _ := strings.Cut(format, "/")
		if head.Format != format && strings.HasPrefix(head.Format, family+"/") {
			return true
		}
	}
	return false
}
