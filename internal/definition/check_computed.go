package definition

import (
	"fmt"
	"slices"
	"strconv"
)

// onCompute is the place of a computed attribute, or of one of its inputs.
func onCompute(m *Model, c Compute, below ...string) at {
	return onModel(m, append([]string{"computed", c.Name}, below...)...).of(c.Name)
}

// computed checks what a model computes from the one before: that the attribute
// is new and has no other value, and that its inputs are there.
func (c *checker) computed(m, before *Model) {
	for _, f := range m.Computed {
		if f.Unstated {
			continue // a golden file, of specs that were checked when it was written
		}
		c.computedName(m, before, f)
		c.computedInputs(m, before, f)
	}
}

// computedName refuses to compute an attribute that gets its value in another
// way. The function could only ignore or overwrite what the model before holds
// under its name, or under the name that it was renamed from.
func (c *checker) computedName(m, before *Model, f Compute) {
	where := onCompute(m, f)
	_, backfilled := m.BackfillOf(f.Name)
	rename, renamed := m.RenameTo(f.Name)
	switch {
	case slices.Contains(m.Removed, f.Name):
		c.fail("two-values", where, fmt.Sprintf("%q is both computed and removed", f.Name),
			"compute an attribute of a new name; the one that is removed takes its name with it")
	case renamed:
		c.fail("two-values", where, fmt.Sprintf("%q is computed, and renamed from %q", f.Name, rename.Old),
			fmt.Sprintf("keep the one that is meant: a rename may convert, renamed: {%s: {from: %s, convert: true}}", label(f.Name), quoted(rename.Old)))
	case backfilled:
		c.fail("two-values", where, fmt.Sprintf(`%q is in "computed" and in "backfill"`, f.Name), "keep the one that is meant: a function, or a constant")
	case before.Attribute(f.Name) != nil:
		c.fail("computed-existing", where, fmt.Sprintf("model %d computes %q, which model %d has already", m.Number, f.Name, before.Number),
			fmt.Sprintf("rename it with a conversion, renamed: {newName: {from: %s, convert: true}}, or compute an attribute of a new name and remove this one a model later", quoted(f.Name)))
	case m.Attribute(f.Name) == nil:
		c.unknown(where, `"computed" has`, f.Name, m.names())
	}
}

func (c *checker) computedInputs(m, before *Model, f Compute) {
	if len(f.Inputs) == 0 {
		c.fail("no-inputs", onCompute(m, f), fmt.Sprintf("%q is computed from nothing", f.Name),
			fmt.Sprintf("name the attributes of model %d that the function takes, computed: {%s: [\"…\"]}, or write backfill: {%[2]s: …} for a constant", before.Number, label(f.Name)))
	}
	for i, input := range f.Inputs {
		where := onCompute(m, f, strconv.Itoa(i))
		_, sibling := m.ComputeOf(input)
		switch {
		case slices.Contains(f.Inputs[:i], input):
			c.fail("twice-in-list", where, fmt.Sprintf("%q is computed from %q twice", f.Name, input), "list it once")
		case before.Attribute(input) != nil:
			switch removes := c.t.InputRemoved(m, f, input); {
			case removes == m.Number:
				c.warn("computed-from-removed", where,
					fmt.Sprintf("model %d removes %q and computes %q from it, so the release that announces it can neither change the one nor see the other", m.Number, input, f.Name),
					fmt.Sprintf("compute %q in this model and remove %q in the next one", f.Name, input))
			case removes > 0 && c.t.Write < m.Number:
				c.warn("computed-from-removed", where,
					fmt.Sprintf("model %d computes %q from %q, model %d removes that, and both are announced, so this release can neither change the one nor see the other", m.Number, f.Name, input, removes),
					fmt.Sprintf("add model %d in the release that writes model %d", removes, m.Number))
			}
		case m.cycle(f.Name, input):
			c.fail("computed-cycle", where, fmt.Sprintf("%q is computed from itself%s", f.Name, through(f.Name, input)),
				fmt.Sprintf("compute each from attributes of model %d", before.Number))
		case sibling:
			c.fail("unknown-name", where, fmt.Sprintf("%q is computed from %q, which model %d does not have", f.Name, input, before.Number),
				fmt.Sprintf("model %d computes that, too: name what it is computed from, or compute %q one model later", m.Number, f.Name))
		default:
			if r, ok := m.RenameTo(input); ok && before.Attribute(r.Old) != nil {
				c.fail("unknown-name", where, fmt.Sprintf("%q is computed from %q, which model %d calls %q", f.Name, input, before.Number, r.Old),
					"write "+quoted(r.Old)+": inputs are attributes of the model before, under its names")
				continue
			}
			c.unknownBefore(where, fmt.Sprintf("%q is computed from", f.Name), input, before)
		}
	}
}

func through(name, input string) string {
	if name == input {
		return ""
	}
	return fmt.Sprintf(", through %q", input)
}

// cycle reports whether a computed attribute is an input of what it is computed
// from, within one model.
func (m *Model) cycle(name, input string) bool {
	seen := map[string]bool{}
	var reaches func(from string) bool
	reaches = func(from string) bool {
		if from == name {
			return true
		}
		f, ok := m.ComputeOf(from)
		if !ok || seen[from] {
			return false
		}
		seen[from] = true
		return slices.ContainsFunc(f.Inputs, reaches)
	}
	return reaches(input)
}

// inputs refuses to declare an input wider than its function takes, as long as
// what is computed from it is there: the function has to give a value for all
// that a document holds.
func (c *checker) inputs() {
	for i := 1; i < len(c.t.Models); i++ {
		m := &c.t.Models[i]
		for _, f := range m.Computed {
			for _, input := range f.Inputs {
				if !f.Unstated {
					c.inputKept(i, f, input)
				}
			}
		}
	}
}

// inputKept follows an input, and what is computed from it, through the models
// from the one at that index on.
func (c *checker) inputKept(i int, f Compute, input string) {
	taken := c.t.Models[i-1].Attribute(input)
	if taken == nil {
		return
	}
	declared, first, name, made, kept := *taken, c.t.Models[i-1].Number, input, f.Name, true
	for k := i; k < len(c.t.Models); k++ {
		m := &c.t.Models[k]
		if k > i {
			if made, kept = m.After(made); !kept {
				return
			}
		}
		now := m.AttributeAfter(name)
		if now == nil {
			return
		}
		name = now.Name
		if m.Converts(name) { // its way back takes what this model declares
			declared, first = *now, m.Number
			continue
		}
		if how := wider(declared, *now); how != "" {
			c.fail("computed-input-wider", onAttribute(m, name),
				fmt.Sprintf("model %d declares %q wider than the function takes that computes %q from it: %s, and model %d says otherwise", m.Number, name, f.Name, how, first),
				fmt.Sprintf("keep the declaration, or remove %q in this model, and compute an attribute of a new name in the next", made))
			return
		}
	}
}

// wider says how the second declaration of an attribute is wider than the first,
// so that a function of the first cannot take its values, or "".
func wider(taken, now Attribute) string {
	if now.Optional && !taken.Optional {
		return "it is optional"
	}
	var compare comparison
	compare.values(now.Value, taken.Value, []string{now.Name})
	if compare.kind != nil {
		return "" // reported where kinds are compared
	}
	if len(compare.narrower) > 0 {
		n := compare.narrower[0]
		return fmt.Sprintf("%q is %s", dotted(n.path), n.old)
	}
	if path := widerEnum(taken.Value, now.Value, []string{now.Name}); path != nil {
		return fmt.Sprintf("%q has more values", dotted(path))
	}
	return ""
}

// widerEnum returns the way to an enum that has more values, or none any more.
func widerEnum(taken, now Value, path []string) []string {
	if len(taken.Enum) > 0 {
		more := func(text string) bool { return !slices.Contains(taken.Enum, text) }
		if len(now.Enum) == 0 || slices.ContainsFunc(now.Enum, more) {
			return path
		}
	}
	if taken.Elem != nil && now.Elem != nil {
		return widerEnum(*taken.Elem, *now.Elem, path)
	}
	for _, field := range taken.Fields {
		if later := find(now.Fields, field.Name); later != nil {
			if found := widerEnum(field.Value, later.Value, append(path[:len(path):len(path)], field.Name)); found != nil {
				return found
			}
		}
	}
	return nil
}

// SecretInput returns the first input of a computed attribute that a model
// encrypts, up to the newest one in which the attribute is stored in the clear,
// together with both models. It returns "" if everything that is computed
// from a secret is one.
func (t *Type) SecretInput(m *Model, f Compute) (input string, encrypts, clear int) {
	secretIn := make([]int, len(f.Inputs)) // the first model that encrypts it
	note := func(n int) {
		for i, input := range f.Inputs {
			name, kept := t.NameAt(input, m.Number-1, n)
			if secretIn[i] == 0 && kept && t.Models[n-1].Role(name) == Encrypted {
				secretIn[i] = n
			}
		}
	}
	for n := 1; n <= m.Number-1; n++ {
		note(n)
	}
	for n := m.Number; t.Model(n) != nil; n++ {
		made, kept := t.NameAt(f.Name, m.Number, n)
		if !kept {
			break
		}
		note(n)
		if t.Models[n-1].Role(made) == Encrypted {
			continue
		}
		for i, input := range f.Inputs {
			if secretIn[i] > 0 {
				return input, secretIn[i], n
			}
		}
	}
	return "", 0, 0
}

// InputRemoved returns the model that removes an input of an attribute which m
// computes, or 0. It follows both through renames; once the attribute is removed,
// nothing is computed from the input any more.
func (t *Type) InputRemoved(m *Model, f Compute, input string) int {
	for n := m.Number; t.Model(n) != nil; n++ {
		if _, kept := t.NameAt(f.Name, m.Number, n); !kept {
			return 0
		}
		if _, kept := t.NameAt(input, m.Number-1, n); !kept {
			return n
		}
	}
	return 0
}
