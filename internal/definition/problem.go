package definition

// Severity says whether a problem stops esogen.
type Severity string

const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Problem is something wrong, or worth a second look, in one definition.
type Problem struct {
	Rule      string // stable id, for example "definition/unknown-name"
	Severity  Severity
	Type      string
	Attribute string // or ""
	Model     int    // or 0
	Path      Path   // where in the type's declaration
	Message   string // one sentence of fact, without the position
	Hint      string // one sentence: what to write instead
}

// Path points into a type's declaration, in the words of the spec language:
// {"models", "2", "aad", "0"}, {"write"}, {"models", "1", "attributes", "x"}.
// The empty path is the type itself. Whoever holds the spec turns it into a
// position; where a path has none, the nearest prefix that has one counts.
type Path []string
