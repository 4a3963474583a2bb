// Release one of the product. It writes the first model of each type, and knows the
// second.
package main

import "github.com/esogen/esogen/examples/product/service"

func main() {
	service.Main(service.Release{Name: "one", Kinds: []service.Kind{integrations, webhooks}})
}
