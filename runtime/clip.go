package eso

import names "github.com/esogen/esogen/runtime/internal/clip"

// maxSteps is how many steps of the way to a value an error shows.
const maxSteps = 10

// clip shortens what somebody else chose for an error.
func clip(name string) string { return names.Text(name) }
