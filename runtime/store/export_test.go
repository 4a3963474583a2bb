package store

// Statements are those that create the tables.
func Statements(d Dialect) []string { return dialects[d].schema }
