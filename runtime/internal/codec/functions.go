package codec

// The functions of a spec: conversions, and values that are computed.

// Converting returns the Convert of a pure function between two Go types. What
// convert returns is not checked against the rules of the spec: documents that
// are older than a rule must open.
func Converting[A, B any](read func(*Reader) A, convert func(A) B, write func(*Writer, B) bool) func(JSON) (JSON, error) {
	return func(value JSON) (JSON, error) {
		var a A
		if err := Unmarshal([]byte(value), func(d *Reader) { a = read(d) }); err != nil {
			return "", err
		}
		return encodeValue(convert(a), write)
	}
}

// Computing returns the From of a Compute of a pure function of the inputs, which
// compute reads with [Input] and [OptionalInput]. What it returns is not checked,
// as in Converting.
func Computing[T any](compute func(in *Inputs) T, write func(*Writer, T) bool) func([]JSON) (JSON, error) {
	return func(inputs []JSON) (JSON, error) {
		in := Inputs{texts: inputs}
		value := compute(&in)
		if in.err != nil {
			return "", in.err
		}
		return encodeValue(value, write)
	}
}

// Inputs is what a computed value is made from. It serves one call.
type Inputs struct {
	texts []JSON
	err   error // the first one
}

// Input reads an input that the model before requires.
func Input[T any](in *Inputs, number int, read func(*Reader) T) (value T) {
	if in.err == nil {
		in.err = Unmarshal([]byte(in.texts[number]), func(d *Reader) { value = read(d) })
	}
	return value
}

// OptionalInput reads an input that may be absent; then it is nil.
func OptionalInput[T any](in *Inputs, number int, read func(*Reader) T) *T {
	if in.texts[number] == "" {
		return nil
	}
	return new(Input(in, number, read))
}

func encodeValue[T any](v T, write func(*Writer, T) bool) (JSON, error) {
	// The value may be that of a secret: it stays out of the pooled buffers.
	text, err := appendMarshal(nil, func(w *Writer) { write(w, v) })
	return JSON(text), err
}
