package integration

import "github.com/esogen/esogen/examples/product/conversion"

var (
	convertTimeout2 = conversion.Timeout
	revertTimeout2  = conversion.Seconds
)

func computeLabel2(before Model1) string { return conversion.Label(before.Name, before.URL) }
