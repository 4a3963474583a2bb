package esoimpl

import eso "github.com/esogen/esogen/runtime"

// The compiler inlines a method of package codec into generated code only if this
// package, which generated code imports, refers to it: export data has the bodies
// that were asked for. Without this function reading is about 5 percent slower.
var _ = inlined

func inlined(r *Reader, w *Writer) {
	r.Once(0)
	_, _, _ = r.Name(), r.String(), r.Err()
	w.Member("").String("")
	w.Absent("")

	read, write := (*Reader).String, (*Writer).String
	WriteList(w, ReadList(r, read), write)
	WriteMap(w, ReadMap(r, read), write)
	WriteNull(w, ReadNull(r, read), write)
	WriteOptional(w, "", new(""), write)
	WriteOptionalNull(w, "", new(ReadNull(r, read)), write)
	WriteSecret(w, "", ReadSecret(r, read), write)
	WriteOptionalSecret(w, "", new(ReadSecret(r, read)), write)
	WriteNullSecret(w, "", ReadNullSecret(r, read), write)
	WriteOptionalNullSecret(w, "", new(ReadNullSecret(r, read)), write)
	WriteGiven(w, "", new(""), write)
	WriteChange(w, "", eso.Set(""), write)
}
