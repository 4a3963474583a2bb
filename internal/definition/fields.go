package definition

// Field is an attribute of the write model as the Go code of this release
// sees it. The models that the type announces have a say in it: the next
// release may write them, and this one reads and maintains what it wrote.
type Field struct {
	Attribute         // as the write model declares it, apart from Value, which announced models have widened
	Role      Role    // in the write model
	Secret    bool    // encrypted by the write model or by an announced one: its Go type is a secret
	Pointer   bool    // optional in the write model, or optional or dropped in an announced one
	Required  bool    // required in the write model or in an announced one: given at creation, and never unset
	Patchable bool    // plain in the write model and in every announced one, and dropped by none
	Dropped   bool    // an announced model drops it: given at creation, and never changed
	Narrow    []Value // the declarations that a written value must satisfy, all of them: the write model's first

	// Unsettable means that a patch may take it away: it is patchable, and
	// required nowhere.
	Unsettable bool
}

// Fields returns the attributes of the write model, in order. It expects a
// type that Check found no error in.
func Fields(t *Type) []Field {
	w := t.Model(t.Write)
	if w == nil {
		return nil
	}
	fields := make([]Field, 0, len(w.Attributes))
	for _, a := range w.Attributes {
		fields = append(fields, fieldOf(a, w, t.Announced()))
	}
	return fields
}

func fieldOf(a Attribute, w *Model, announced []Model) Field {
	role := w.Role(a.Name)
	f := Field{
		Attribute: a,
		Role:      role,
		Secret:    role == Encrypted,
		Pointer:   a.Optional,
		Required:  !a.Optional,
		Patchable: role == Plain,
		Narrow:    []Value{a.Value},
	}
	name, converted := a.Name, false
	for i := range announced {
		m := &announced[i]
		var kept bool
		if name, kept = m.After(name); !kept {
			f.Dropped, f.Pointer, f.Patchable = true, true, false
			break
		}
		converted = converted || m.Converts(name)
		f.announce(m, name, converted)
	}
	f.Unsettable = f.Patchable && !f.Required
	return f
}

// announce applies what a later model, which calls the field name, declares of
// it. Behind a conversion, declarations cannot be compared.
func (f *Field) announce(m *Model, name string, converted bool) {
	later := m.Attribute(name)
	if later == nil {
		return
	}
	role := m.Role(name)
	f.Secret = f.Secret || role == Encrypted
	f.Patchable = f.Patchable && role == Plain
	f.Pointer = f.Pointer || later.Optional
	f.Required = f.Required || !later.Optional
	if converted || later.Value.Equal(f.Narrow[len(f.Narrow)-1]) {
		return
	}
	f.Value = widen(f.Value, later.Value)
	f.Narrow = append(f.Narrow, later.Value)
}
