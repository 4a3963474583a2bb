package integration

import "github.com/esogen/esogen/examples/product/conversion"

var (
	convertTimeout2 = conversion.Timeout
	revertTimeout2  = conversion.Seconds
	computeLabel2   = conversion.Label
)
