package codec

import (
	"slices"
	"time"
)

// everything is an object with an attribute of each kind, in the style of
// generated code.
type everything struct {
	Text     string
	Flag     bool
	Count    int64
	Big      int64
	Ratio    float64
	At       time.Time
	Every    time.Duration
	Blob     []byte
	Any      JSON
	Level    level
	Tags     []string
	Labels   map[string]int64
	Rule     rule
	Rules    []rule
	ByName   map[string]rule
	Grid     [][]float64
	Note     *string
	Ticks    *[]int64
	Choice   Null[string]
	Deadline *Null[time.Time]
	Maybe    []Null[int64]
	Extra    *rule

	Token  Secret[string]
	Key    *Secret[[]byte]
	Pin    Null[Secret[int64]]
	Config *Null[Secret[rule]]

	source Source
}

type level string

type rule struct {
	Name    string
	Enabled bool
	Weight  float64
	Params  *params
	Inner   params

	source Source
}

type params struct {
	Size  int64
	Units []string
	Note  *string

	source Source
}

func (e everything) MarshalJSON() ([]byte, error) { return Marshal(e.write) }

func (e *everything) UnmarshalJSON(data []byte) error {
	*e = everything{}
	return Unmarshal(data, e.read)
}

func (e *everything) read(d *Reader) {
	d.Object()
	for d.Member() {
		switch d.Name() {
		case "text":
			d.Once(0)
			e.Text = d.String()
		case "flag":
			d.Once(1)
			e.Flag = d.Bool()
		case "count":
			d.Once(2)
			e.Count = d.Int()
		case "big":
			d.Once(3)
			e.Big = d.Int()
		case "ratio":
			d.Once(4)
			e.Ratio = d.Number()
		case "at":
			d.Once(5)
			e.At = d.Time()
		case "every":
			d.Once(6)
			e.Every = d.Duration()
		case "blob":
			d.Once(7)
			e.Blob = d.Bytes()
		case "any":
			d.Once(8)
			e.Any = d.JSON()
		case "level":
			d.Once(9)
			e.Level = level(d.String())
		case "tags":
			d.Once(10)
			e.Tags = ReadList(d, (*Reader).String)
		case "labels":
			d.Once(11)
			e.Labels = ReadMap(d, (*Reader).Int)
		case "rule":
			d.Once(12)
			e.Rule = readRule(d)
		case "rules":
			d.Once(13)
			e.Rules = ReadList(d, readRule)
		case "byName":
			d.Once(14)
			e.ByName = ReadMap(d, readRule)
		case "grid":
			d.Once(15)
			e.Grid = ReadList(d, readRow)
		case "note":
			d.Once(16)
			e.Note = new(d.String())
		case "ticks":
			d.Once(70) // beyond the first 64
			e.Ticks = new(ReadList(d, (*Reader).Int))
		case "choice":
			d.Once(71)
			e.Choice = ReadNull(d, (*Reader).String)
		case "deadline":
			d.Once(135)
			e.Deadline = new(ReadNull(d, (*Reader).Time))
		case "maybe":
			d.Once(20)
			e.Maybe = ReadList(d, readMaybe)
		case "extra":
			d.Once(21)
			e.Extra = new(readRule(d))
		case "token":
			d.Once(22)
			e.Token = ReadSecret(d, (*Reader).String)
		case "key":
			d.Once(23)
			e.Key = new(ReadSecret(d, (*Reader).Bytes))
		case "pin":
			d.Once(24)
			e.Pin = ReadNullSecret(d, (*Reader).Int)
		case "config":
			d.Once(25)
			e.Config = new(ReadNullSecret(d, readRule))
		default:
			d.Unknown()
		}
	}
	e.source = d.Source()
}

func (e *everything) write(w *Writer) {
	w.Begin(e.source)
	w.Member("text").String(e.Text)
	w.Member("flag").Bool(e.Flag)
	w.Member("count").Int(e.Count)
	w.Member("big").Int64(e.Big)
	w.Member("ratio").Number(e.Ratio)
	w.Member("at").Time(e.At)
	w.Member("every").Duration(e.Every)
	w.Member("blob").Bytes(e.Blob)
	w.Member("any").JSON(e.Any)
	writeLevel(w.Member("level"), e.Level)
	WriteList(w.Member("tags"), e.Tags, (*Writer).String)
	WriteMap(w.Member("labels"), e.Labels, (*Writer).Int)
	writeRule(w.Member("rule"), e.Rule)
	WriteList(w.Member("rules"), e.Rules, writeRule)
	WriteMap(w.Member("byName"), e.ByName, writeRule)
	WriteList(w.Member("grid"), e.Grid, writeRow)
	WriteOptional(w, "note", e.Note, (*Writer).String)
	WriteOptional(w, "ticks", e.Ticks, writeTicks)
	WriteNull(w.Member("choice"), e.Choice, (*Writer).String)
	WriteOptionalNull(w, "deadline", e.Deadline, (*Writer).Time)
	WriteList(w.Member("maybe"), e.Maybe, writeMaybe)
	WriteOptional(w, "extra", e.Extra, writeRule)
	WriteSecret(w, "token", e.Token, (*Writer).String)
	WriteOptionalSecret(w, "key", e.Key, (*Writer).Bytes)
	WriteNullSecret(w, "pin", e.Pin, (*Writer).Int)
	WriteOptionalNullSecret(w, "config", e.Config, writeRule)
	w.End()
}

func readRule(d *Reader) (r rule) {
	d.Object()
	for d.Member() {
		switch d.Name() {
		case "name":
			d.Once(0)
			r.Name = d.String()
		case "enabled":
			d.Once(1)
			r.Enabled = d.Bool()
		case "weight":
			d.Once(2)
			r.Weight = d.Number()
		case "params":
			d.Once(3)
			r.Params = new(readParams(d))
		case "inner":
			d.Once(4)
			r.Inner = readParams(d)
		default:
			d.Unknown()
		}
	}
	r.source = d.Source()
	return r
}

func writeRule(w *Writer, r rule) bool {
	w.Begin(r.source)
	w.Member("name").String(r.Name)
	w.Member("enabled").Bool(r.Enabled)
	w.Member("weight").Number(r.Weight)
	WriteOptional(w, "params", r.Params, writeParams)
	writeParams(w.Member("inner"), r.Inner)
	return w.End()
}

func readParams(d *Reader) (p params) {
	d.Object()
	for d.Member() {
		switch d.Name() {
		case "size":
			d.Once(0)
			p.Size = d.Int()
		case "units":
			d.Once(1)
			p.Units = ReadList(d, (*Reader).String)
		case "note":
			d.Once(2)
			p.Note = new(d.String())
		default:
			d.Unknown()
		}
	}
	p.source = d.Source()
	return p
}

func writeParams(w *Writer, p params) bool {
	w.Begin(p.source)
	w.Member("size").Int(p.Size)
	WriteList(w.Member("units"), p.Units, (*Writer).String)
	WriteOptional(w, "note", p.Note, (*Writer).String)
	return w.End()
}

func writeLevel(w *Writer, v level) bool {
	changed := w.String(string(v))
	if changed && !slices.Contains([]level{"low", "high"}, v) {
		w.Refuse("want one of %q, %q", "low", "high")
	}
	return changed
}

func readRow(d *Reader) []float64              { return ReadList(d, (*Reader).Number) }
func writeRow(w *Writer, row []float64) bool   { return WriteList(w, row, (*Writer).Number) }
func writeTicks(w *Writer, ticks []int64) bool { return WriteList(w, ticks, (*Writer).Int) }
func readMaybe(d *Reader) Null[int64]          { return ReadNull(d, (*Reader).Int) }
func writeMaybe(w *Writer, v Null[int64]) bool { return WriteNull(w, v, (*Writer).Int) }

// sample is an everything as it may be stored by another release and by
// another program: odd spellings, and members that are not known.
const sample = ` {"text" : "caf\u00e9 \ud800","flag":true,"count":1e3,"big":9223372036854775807,"ratio":10.50,"at":"2026-01-02T03:04:05+01:00",
"every":"90m","blob":"AAEC","any":{"b": [1, 2],"a":null},"level":"extreme","tags":["a","\/b"],"labels":{"z":1,"a":2.0},
"rule":{"weight":1.50,"future":{"x":[1 , 2]},"name":"r","enabled":true,"inner":{"size":3,"units":["m"],"later":0}},
"rules":[{"name":"one","unknown":1,"enabled":false,"weight":0,"inner":{"size":0,"units":[]}}, {"name":"two","enabled":true,"weight":2e0,"params":{"size":4,"units":[]},"inner":{"size":0,"units":[]}}],
"byName":{"k2":{"name":"n","enabled":true,"weight":-0,"inner":{"size":0,"units":[]},"more":"x"},"k1":{"name":"m","enabled":false,"weight":1,"inner":{"size":0,"units":[]}}},
"grid":[[1.0,2],[]],"unknown":{"deep":[{"er":"\u0041"}]},"note":"","ticks":[1,2,3],"choice":null,"deadline":"2026-01-01T00:00:00.000Z","maybe":[null,1.0],
"extra":{"name":"e","enabled":false,"weight":0,"inner":{"size":0,"units":[]}}} `
