// Release two of the product. It writes the second model of each type, which release
// one knows.
package main

import "github.com/esogen/esogen/examples/product/service"

func main() {
	service.Main(service.Release{Name: "two", Kinds: []service.Kind{integrations, webhooks}})
}
