package fault

// Limits of what is read and written. They bound the work that hostile input
// can cause; real documents are far below them. Package eso documents them.
const (
	MaxSize       = 16 << 20    // bytes of the attributes of one document
	MaxDepth      = 100         // objects and lists within each other, the attributes included
	MaxAttributes = 10_000      // of one document
	MaxValues     = 1 << 18     // of one document, at all depths
	MaxModel      = 999_999_999 // the greatest number of a model
)
