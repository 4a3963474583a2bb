// Package object is an alerting rule in the style of generated code: 25
// attributes of all kinds, about 900 bytes of JSON.
package object

import (
	"time"

	eso "github.com/esogen/esogen/runtime"
)

// Rule is an alerting rule.
type Rule struct {
	Name           string
	Description    string
	Kind           Kind
	Status         Status
	Owner          string
	RuleTypeID     string
	UUID           string
	Enabled        bool
	MuteAll        bool
	Revision       int64
	Priority       int64
	ExecutionCount int64
	Ratio          float64
	Threshold      float64
	CreatedAt      time.Time
	UpdatedAt      time.Time
	LastRunAt      *time.Time
	NextRunAt      *time.Time
	SnoozedUntil   *time.Time
	Tags           []string
	Windows        []int64
	Labels         map[string]string
	Schedule       Schedule
	Note           *string
	MaxAttempts    *int64

	source eso.Source
}

// Schedule says when a rule runs.
type Schedule struct {
	Interval  string
	Timezone  string
	Count     int64
	Immediate bool

	source eso.Source
}

// Kind is what a rule looks at.
type Kind string

// The kinds.
const (
	Query  Kind = "query"
	Metric Kind = "metric"
)

// Status is how the last run ended.
type Status string

// The statuses.
const (
	OK     Status = "ok"
	Active Status = "active"
	Failed Status = "failed"
)

// MarshalJSON returns the rule without its secrets.
func (r Rule) MarshalJSON() ([]byte, error) { return eso.Marshal(r.write) }

// UnmarshalJSON reads a rule. Secrets come out stripped.
func (r *Rule) UnmarshalJSON(data []byte) error {
	*r = Rule{}
	return eso.Unmarshal(data, r.read)
}

func (r *Rule) read(d *eso.Decoder) {
	d.Object()
	for d.Member() {
		switch d.Name() {
		case "name":
			d.Once(0)
			r.Name = d.String()
		case "description":
			d.Once(1)
			r.Description = d.String()
		case "kind":
			d.Once(2)
			r.Kind = Kind(d.String())
		case "status":
			d.Once(3)
			r.Status = Status(d.String())
		case "owner":
			d.Once(4)
			r.Owner = d.String()
		case "ruleTypeId":
			d.Once(5)
			r.RuleTypeID = d.String()
		case "uuid":
			d.Once(6)
			r.UUID = d.String()
		case "enabled":
			d.Once(7)
			r.Enabled = d.Bool()
		case "muteAll":
			d.Once(8)
			r.MuteAll = d.Bool()
		case "revision":
			d.Once(9)
			r.Revision = d.Int()
		case "priority":
			d.Once(10)
			r.Priority = d.Int()
		case "executionCount":
			d.Once(11)
			r.ExecutionCount = d.Int()
		case "ratio":
			d.Once(12)
			r.Ratio = d.Number()
		case "threshold":
			d.Once(13)
			r.Threshold = d.Number()
		case "createdAt":
			d.Once(14)
			r.CreatedAt = d.Time()
		case "updatedAt":
			d.Once(15)
			r.UpdatedAt = d.Time()
		case "lastRunAt":
			d.Once(16)
			r.LastRunAt = new(d.Time())
		case "nextRunAt":
			d.Once(17)
			r.NextRunAt = new(d.Time())
		case "snoozedUntil":
			d.Once(18)
			r.SnoozedUntil = new(d.Time())
		case "tags":
			d.Once(19)
			r.Tags = eso.ReadList(d, (*eso.Decoder).String)
		case "windows":
			d.Once(20)
			r.Windows = eso.ReadList(d, (*eso.Decoder).Int)
		case "labels":
			d.Once(21)
			r.Labels = eso.ReadMap(d, (*eso.Decoder).String)
		case "schedule":
			d.Once(22)
			r.Schedule = readSchedule(d)
		case "note":
			d.Once(23)
			r.Note = new(d.String())
		case "maxAttempts":
			d.Once(24)
			r.MaxAttempts = new(d.Int())
		default:
			d.Unknown()
		}
	}
	r.source = d.Source()
}

func (r *Rule) write(w *eso.Writer) {
	w.Begin(r.source)
	w.Member("name").String(r.Name)
	w.Member("description").String(r.Description)
	writeKind(w.Member("kind"), r.Kind)
	writeStatus(w.Member("status"), r.Status)
	w.Member("owner").String(r.Owner)
	w.Member("ruleTypeId").String(r.RuleTypeID)
	w.Member("uuid").String(r.UUID)
	w.Member("enabled").Bool(r.Enabled)
	w.Member("muteAll").Bool(r.MuteAll)
	w.Member("revision").Int(r.Revision)
	w.Member("priority").Int(r.Priority)
	w.Member("executionCount").Int(r.ExecutionCount)
	w.Member("ratio").Number(r.Ratio)
	w.Member("threshold").Number(r.Threshold)
	w.Member("createdAt").Time(r.CreatedAt)
	w.Member("updatedAt").Time(r.UpdatedAt)
	eso.WriteOptional(w, "lastRunAt", r.LastRunAt, (*eso.Writer).Time)
	eso.WriteOptional(w, "nextRunAt", r.NextRunAt, (*eso.Writer).Time)
	eso.WriteOptional(w, "snoozedUntil", r.SnoozedUntil, (*eso.Writer).Time)
	eso.WriteList(w.Member("tags"), r.Tags, (*eso.Writer).String)
	eso.WriteList(w.Member("windows"), r.Windows, (*eso.Writer).Int)
	eso.WriteMap(w.Member("labels"), r.Labels, (*eso.Writer).String)
	writeSchedule(w.Member("schedule"), r.Schedule)
	eso.WriteOptional(w, "note", r.Note, (*eso.Writer).String)
	eso.WriteOptional(w, "maxAttempts", r.MaxAttempts, (*eso.Writer).Int)
	w.End()
}

func readSchedule(d *eso.Decoder) (s Schedule) {
	d.Object()
	for d.Member() {
		switch d.Name() {
		case "interval":
			d.Once(0)
			s.Interval = d.String()
		case "timezone":
			d.Once(1)
			s.Timezone = d.String()
		case "count":
			d.Once(2)
			s.Count = d.Int()
		case "immediate":
			d.Once(3)
			s.Immediate = d.Bool()
		default:
			d.Unknown()
		}
	}
	s.source = d.Source()
	return s
}

func writeSchedule(w *eso.Writer, s Schedule) bool {
	w.Begin(s.source)
	w.Member("interval").String(s.Interval)
	w.Member("timezone").String(s.Timezone)
	w.Member("count").Int(s.Count)
	w.Member("immediate").Bool(s.Immediate)
	return w.End()
}

func writeKind(w *eso.Writer, v Kind) bool {
	changed := w.String(string(v))
	if changed && v != Query && v != Metric {
		w.Refuse("want one of %q, %q", Query, Metric)
	}
	return changed
}

func writeStatus(w *eso.Writer, v Status) bool {
	changed := w.String(string(v))
	if changed && v != OK && v != Active && v != Failed {
		w.Refuse("want one of %q, %q, %q", OK, Active, Failed)
	}
	return changed
}
