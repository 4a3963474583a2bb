package behaviour

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	eso "github.com/esogen/esogen/runtime"

	"example.com/product/generated/everyshape"
	"example.com/product/generated/hostilenames"
	"example.com/product/generated/hostilevalues"
	"example.com/product/generated/widened"
)

// examples are a value of each kind, by the first letters of attribute names.
var examples = map[string]string{
	"enum": `"b"`, "struct": `{"x":"secret text","y":[1,-2]}`, "shared": `{"x":"secret text"}`, "list": `["secret text",""]`,
	"listOfNull": `["2026-01-02T03:04:05.6Z",null]`, "listOfList": `[[true],[]]`, "listOfStruct": `[{"x":"secret text","y":null},{"x":""}]`,
	"map": `{"b":1,"a":-1}`, "mapOfShared": `{"k":null,"l":{"x":"secret text","more":{"deep":[1.50]}}}`, "mapOfEnum": `{"k":"a"}`,
	"string": `"secret text"`, "bool": `true`, "int": `9007199254740991`, "int64": `-9223372036854775808`, "number": `1.5e300`,
	"timestamp": `"2026-01-02T03:04:05+01:00"`, "duration": `"90m"`, "uuid": `"7c9e6679-7425-40de-944b-e07fc1f90ae7"`, "bytes": `"AAEC/w=="`,
	"json": `{"any":["secret text",1e2]}`, "decimal": `"-12345678901234567890.120"`,
}

// TestEveryShape reads and writes each kind of value, present, null and absent,
// as a secret and not.
func TestEveryShape(t *testing.T) {
	for _, null := range []bool{false, true} {
		attributes := map[string]json.RawMessage{}
		for kind, example := range examples {
			for _, name := range []string{kind, kind + "Secret"} {
				attributes[name] = json.RawMessage(example)
				attributes[name+"Null"] = json.RawMessage(example)
				if null {
					attributes[name+"Null"] = json.RawMessage("null")
					attributes[name+"MaybeNull"] = json.RawMessage("null")
				} else {
					attributes[name+"Maybe"] = json.RawMessage(example)
					attributes[name+"MaybeNull"] = json.RawMessage(example)
				}
			}
		}
		everyShape(t, attributes)
	}
}

func everyShape(t *testing.T, attributes map[string]json.RawMessage) {
	t.Helper()
	keys, d := keyring(t), everyshape.Objects.Definition()
	created := must(d.SealJSON(t.Context(), keys, eso.Ref{}, must(json.Marshal(attributes))(t)))(t)
	opened := must(everyshape.Open(t.Context(), keys, created))(t)
	sealed := must(everyshape.Seal(t.Context(), keys, everyshape.Ref(""), opened))(t)

	var before, after map[string]json.RawMessage
	if err := json.Unmarshal(must(d.OpenJSON(t.Context(), keys, created))(t), &before); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(must(d.OpenJSON(t.Context(), keys, sealed))(t), &after); err != nil {
		t.Fatal(err)
	}
	equal(t, len(after), len(before))
	for name, raw := range before {
		if !sameJSON(raw, after[name]) {
			t.Errorf("%s: %s became %s", name, raw, after[name])
		}
	}

	unchanged := must(everyshape.Update(t.Context(), keys, created, func(*everyshape.EveryShape) error { return nil }))(t)
	equal(t, string(unchanged.Attributes), string(created.Attributes))
	one := must(everyshape.Update(t.Context(), keys, created, func(o *everyshape.EveryShape) error { o.String += "!"; return nil }))(t)
	if err := json.Unmarshal(must(d.OpenJSON(t.Context(), keys, one))(t), &after); err != nil {
		t.Fatal(err)
	}
	for name, raw := range before {
		if name != "string" && string(raw) != string(after[name]) {
			t.Errorf("untouched %s: %s became %s", name, raw, after[name])
		}
	}
	read := must(everyshape.Read(t.Context(), keys, created))(t)
	for name, raw := range before {
		if strings.HasSuffix(name, "Secret") && string(raw) != "null" && strings.Contains(fmt.Sprintf("%+v", read), "hunter") {
			t.Error("a secret shows")
		}
	}
}

// sameJSON compares loosely: timestamps and durations may be spelled anew, and
// numbers.
func sameJSON(a, b []byte) bool {
	spelled := strings.NewReplacer("1.5e300", "1.5e+300", "03:04:05+01:00", "02:04:05.000Z", "05.6Z", "05.600Z", "90m", "1h30m0s", "1e2", "1e2")
	var x, y any
	return json.Unmarshal([]byte(spelled.Replace(string(a))), &x) == nil && json.Unmarshal([]byte(spelled.Replace(string(b))), &y) == nil &&
		fmt.Sprint(x) == fmt.Sprint(y)
}

func TestHostileNames(t *testing.T) {
	text := `{"func":"1","error":"2","a\"b":"3","a` + "`" + `b":"4","a\nb":"5","日本":"6","🙂":"x","MarshalJSON":"7","Apply":"8","patch":"x","ref":"x","":"y"}`
	var o hostilenames.HostileNames
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	equal(t, *o.MarshalJSONField, "7")
	equal(t, *o.ApplyField, "8")
	if !o.Odd1.Valid() || !o.Patch.Valid() {
		t.Error("an enum does not know its value")
	}
	var back map[string]any
	if err := json.Unmarshal(must(json.Marshal(&o))(t), &back); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"func", "a\"b", "a`b", "a\nb", "日本", "🙂", ""} {
		if text, ok := back[name].(string); !ok || text == "" {
			t.Errorf("%q is lost", name)
		}
	}
}

func TestHostileValues(t *testing.T) {
	keys := keyring(t)
	doc := must(hostilevalues.Seal(t.Context(), keys, hostilevalues.Ref(""), hostilevalues.New()))(t)
	for attribute, change := range map[string]func(*hostilevalues.HostileValues){
		"odd":     func(o *hostilevalues.HostileValues) { o.Odd = "hunter2" },
		"matched": func(o *hostilevalues.HostileValues) { o.Matched = "`\"" },
		"limited": func(o *hostilevalues.HostileValues) { o.Limited = 0 },
		"never":   func(o *hostilevalues.HostileValues) { o.Never = new(int64(1)) },
		"double":  func(o *hostilevalues.HostileValues) { o.Double = -0.0015 },
		"level":   func(o *hostilevalues.HostileValues) { o.Level = 2 },
		"step":    func(o *hostilevalues.HostileValues) { o.Step = new(hostilevalues.Step(2)) },
		"sized":   func(o *hostilevalues.HostileValues) { o.Sized = nil },
		"nested":  func(o *hostilevalues.HostileValues) { o.Nested.Unit = "hunter2" },
		"maybeSecret": func(o *hostilevalues.HostileValues) {
			o.MaybeSecret = new(eso.NotNull(eso.NewSecret(hostilevalues.MaybeSecret(2))))
		},
		"list": func(o *hostilevalues.HostileValues) { o.List = append(o.List, 2) },
	} {
		_, err := hostilevalues.Update(t.Context(), keys, doc, func(o *hostilevalues.HostileValues) error { change(o); return nil })
		wantError(t, err, eso.ErrInvalid, attribute)
		if err != nil && (strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "%!")) {
			t.Errorf("an odd error: %v", err)
		}
	}
	for _, ok := range []string{"x", "%", "日本語"} {
		_, err := hostilevalues.Update(t.Context(), keys, doc, func(o *hostilevalues.HostileValues) error { o.Matched = ok; return nil })
		if err != nil {
			t.Errorf("%q: %v", ok, err)
		}
	}
}

func TestWidened(t *testing.T) {
	keys := keyring(t)
	newer := *widened.Objects.Definition()
	newer.Write = 2
	ref := widened.Ref("space", "")
	text := `{"count":1.5,"total":9223372036854775807,"when":"someday","pause":"a while","key":"k","blob":"b","state":"new","mode":"z","title":"abc","note":null,
		"cleared":"c","tags":["a"],"part":{"x":"1","new":"2"},"bag":{"any":"text"},"token":"t","plainToSecret":"p","plainToBound":"b","maybeToMust":"m","renewed":"x"}`
	doc := must(newer.SealJSON(t.Context(), keys, ref, []byte(text)))(t)
	equal(t, doc.Ref.Namespace, "space")

	// What it reads may be wide, and stays where it is not touched.
	updated := must(widened.Update(t.Context(), keys, doc, func(o *widened.Widened) error {
		equal(t, o.Count, 1.5)
		equal(t, o.When, "someday")
		equal(t, o.State, widened.StateNew)
		equal(t, o.Note.Valid, false)
		equal(t, o.MustToMaybe, nil)
		equal(t, o.Renamed, "x")
		equal(t, o.Part.Y, nil)
		o.PlainToBound = "other"
		o.Part.X = "3"
		return nil
	}))(t)
	if !strings.Contains(string(updated.Attributes), `"part":{"x":"3","new":"2"}`) {
		t.Errorf("the part is %s", updated.Attributes)
	}

	// What it writes has to satisfy both models.
	for attribute, change := range map[string]func(*widened.Widened){
		"count":   func(o *widened.Widened) { o.Count = 2.5 },
		"total":   func(o *widened.Widened) { o.Total = 1 << 53 },
		"when":    func(o *widened.Widened) { o.When = "tomorrow" },
		"pause":   func(o *widened.Widened) { o.Pause = "a day" },
		"key":     func(o *widened.Widened) { o.Key = "l" },
		"blob":    func(o *widened.Widened) { o.Blob = "?" },
		"state":   func(o *widened.Widened) { o.State = widened.StateOld },
		"mode":    func(o *widened.Widened) { o.Mode = "y" },
		"title":   func(o *widened.Widened) { o.Title = "abcd" },
		"cleared": func(o *widened.Widened) { o.Cleared = eso.Null[string]{} },
		"tags":    func(o *widened.Widened) { o.Tags = []string{"a", "b"} },
		"part":    func(o *widened.Widened) { o.Part = widened.Part{X: "4"} },
		"bag":     func(o *widened.Widened) { o.Bag = `[]` },
		"token":   func(o *widened.Widened) { o.Token = eso.Null[eso.Secret[string]]{} },
		"renewed": func(o *widened.Widened) { o.Renamed = "y" },
	} {
		_, err := widened.Update(t.Context(), keys, doc, func(o *widened.Widened) error { change(o); return nil })
		if attribute == "renewed" {
			attribute = "renamed" // this release's name
		}
		wantError(t, err, eso.ErrInvalid, attribute)
	}
	_, err := widened.Update(t.Context(), keys, doc, func(o *widened.Widened) error { o.MaybeToMust = nil; return nil })
	wantError(t, err, eso.ErrRequired, "maybeToMust")
}
