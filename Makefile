# make help lists the targets. Everything but interop, race and bench needs only
# Go and git.

SHELL := /bin/sh
.DEFAULT_GOAL := help

GO ?= go
ESOGEN := $(GO) run ./cmd/esogen
FUZZTIME ?= 5s

# The modules beside this one that need nothing but Go.
MODULES := $(patsubst ./%/go.mod,%,$(shell find . -mindepth 2 -name go.mod -not -path '*/node_modules/*' -not -path '*/testdata/*' -not -path './tools/*' -not -path './interop/*'))

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: generate
generate: ## specs to Go: write generated/
	$(ESOGEN) generate

.PHONY: golden
golden: ## specs to golden files: write golden/
	$(ESOGEN) golden

.PHONY: test
test: ## run the tests
	$(GO) test ./...

.PHONY: race
race: ## run the tests with the race detector, but for those that run other programs
	$(GO) test -race -short -timeout 20m ./...

.PHONY: modules
modules: ## vet and test the modules beside this one
	@for module in $(MODULES); do \
		echo "$$module"; \
		(cd $$module && $(GO) vet ./... && $(GO) test ./...) || exit 1; \
	done

.PHONY: check-generate
check-generate: ## report stale, missing and orphaned files in generated/
	$(ESOGEN) generate --check
	$(ESOGEN) -C bench/codec generate --check
	$(ESOGEN) -C bench/seal generate --check
	$(ESOGEN) -C examples/product/one generate --check
	$(ESOGEN) -C examples/product/two generate --check

.PHONY: check-golden
check-golden: ## report stale files in golden/
	$(ESOGEN) golden --check
	$(ESOGEN) -C bench/codec golden --check
	$(ESOGEN) -C bench/seal golden --check
	$(ESOGEN) -C examples/product/one golden --check
	$(ESOGEN) -C examples/product/two golden --check

.PHONY: lint
lint: ## gofmt, vet and staticcheck
	@unformatted=$$(git ls-files --cached --others --exclude-standard '*.go' | xargs gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "not formatted by gofmt:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool -modfile=tools/go.mod staticcheck ./...

interop/node_modules: interop/package-lock.json
	cd interop && npm ci
	@touch $@

.PHONY: interop
interop: interop/node_modules ## compare with Kibana's packages on node
	ESOGEN_INTEROP=required $(GO) test ./runtime/...
	cd interop && $(GO) vet ./... && ESOGEN_INTEROP=required $(GO) test -count=1 ./...

.PHONY: fips
fips: ## run what seals and opens with nothing but FIPS 140 cryptography
	GODEBUG=fips140=only $(GO) test -count=1 ./runtime/... ./generated/...
	cd keys/passphrase && GODEBUG=fips140=only $(GO) test -count=1 ./...
	cd keys/cloud && GODEBUG=fips140=only $(GO) test -count=1 ./...

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME, 5s
	@GO="$(GO)" FUZZTIME=$(FUZZTIME) .ci/fuzz

PAIRS ?= 5000
HISTORIES ?= 400
SEQUENCES ?= 10000
SEED ?= 1

.PHONY: soak
soak: soak-nested soak-rollout soak-product ## all soaks, at length

.PHONY: soak-nested
soak-nested: ## compare verdicts on nested declarations with a naive program: PAIRS, SEED
	$(GO) test ./internal/rollout -run 'TestNaive$$' -count=1 -timeout=0 -v -naive.pairs=$(PAIRS) -naive.seed=$(SEED)

.PHONY: soak-rollout
soak-rollout: ## play random releases through generated code: HISTORIES, SEQUENCES, SEED
	$(GO) test ./internal/rollout/soak -run TestSoak -count=1 -timeout=0 -v \
		-soak.histories=$(HISTORIES) -soak.sequences=$(SEQUENCES) -soak.seed=$(SEED)

DURATION ?= 4m
ROUNDS ?= 6
PROCESSES ?= 2

.PHONY: soak-product
soak-product: ## kill two releases of examples/product on one database: DURATION, ROUNDS, PROCESSES, SEED
	cd examples/product && $(GO) test ./soak -run TestSoak -count=1 -timeout=0 -v \
		-soak.duration=$(DURATION) -soak.rounds=$(ROUNDS) -soak.processes=$(PROCESSES) -soak.seed=$(SEED)

.PHONY: bench
bench: ## compare with peers: print the tables of docs/performance.md
	cd bench && $(GO) run ./codec
	cd bench && $(GO) run ./seal
	cd bench && $(GO) run ./keys
	cd bench/generate && $(GO) run .

STAGES := check-generate check-golden lint test race modules interop fips fuzz

.PHONY: ci
ci: ## all checks, each with the time it took
	@failed=""; \
	for stage in $(STAGES); do \
		echo "== $$stage"; \
		begin=$$(date +%s); \
		$(MAKE) --no-print-directory $$stage || failed="$$failed $$stage"; \
		echo "== $$stage: $$(($$(date +%s) - begin)) s"; \
	done; \
	if [ -n "$$failed" ]; then echo "failed:$$failed"; exit 1; fi
