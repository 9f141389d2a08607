# The commands that people and continuous integration need; 'make help' lists them.
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.PHONY: setup build demo test bench bench-quick bench-scaling features protobuf fuzz sanitise examples docs man check-api format lint clean help

# Data sets kept beside the checkout.
ELBO_DATA ?= $(if $(wildcard ../shared/data/.),$(CURDIR)/../shared/data)
ifneq ($(strip $(ELBO_DATA)),)
export ELBO_DATA
else
unexport ELBO_DATA
endif

# An empty LIBTORCH means none.
ifeq ($(strip $(LIBTORCH)),)
unexport LIBTORCH
endif

# Swift's caches and the temporary files it leaves behind stay in the checkout.
export XDG_CACHE_HOME := $(CURDIR)/.build/cache
export TMPDIR := $(CURDIR)/.build/tmp
swift_options := -c release --security-path .build/security

setup: ## install what is missing: Debian packages, and libtorch into .libtorch/
	@mkdir -p '$(TMPDIR)'
	@Tools/setup.sh

build: setup ## build the program, .build/release/elbo
	swift build $(swift_options)

demo: build ## train two presets, draw their figures and reports into demo/
	Tools/demo.sh

test: setup ## build and run every test
	Tools/test-setup.sh
	Tools/interop.sh
	@command -v chromedriver >/dev/null || Tools/setup.sh chromium-driver || echo 'test: no Chromium: the dashboard is not tested'
	swift build $(swift_options) --build-tests
	Tools/test.sh $(swift_options) --skip-build --disable-xctest

bench: build ## time the presets against the same models in PyTorch, JAX and TensorFlow (an hour)
	Tools/bench.sh

bench-quick: build ## time the presets against the same models in PyTorch (10 minutes)
	Tools/bench.sh --quick

bench-scaling: build ## draw a step's cost against batch, width, latent dimension and data size (5 minutes)
	Tools/bench.sh scaling

features: build ## train the small MNIST classifier whose features samples are compared by (2 minutes)
	.build/release/train-feature-classifier Resources/mnist-features.safetensors

protobuf: setup ## write the Swift of the .proto files anew (a minute the first time)
	Tools/protobuf.sh

fuzz: setup ## fuzz the readers of files that strangers make (10 minutes each)
	Tools/fuzz.sh

check-api: build ## check the server against its OpenAPI document with schemathesis (a few minutes)
	Tools/check-api.sh

sanitise: setup ## run tests under the address, undefined-behaviour and thread sanitisers
	Tools/sanitise.sh

examples: setup ## build and run the example programs, and compile the code in the documentation
	Tools/examples.sh $(swift_options)

docs: build ## check that every public symbol is documented, and build the documentation into .build/docs
	Tools/docs.sh

man: build ## write the manual page, Docs/man/elbo.1
	Tools/man.py .build/release/elbo >Docs/man/elbo.1

format: ## format every Swift source in place
	swift format --in-place --recursive --parallel $(wildcard Package.swift Sources Tests Tools Examples/Package.swift Examples/Sources)

lint: setup ## check formatting, scripts, and that generated sources are current
	@command -v shellcheck >/dev/null || Tools/setup.sh shellcheck
	git ls-files -z -- '*.swift' | xargs -0 -r swift format lint --strict --parallel
	shellcheck Tools/*.sh Benchmarks/peers/*.sh .ci/run
	swift run $(swift_options) generate-ops --check

clean: ## remove what was built (libtorch stays: rm -r .libtorch removes it)
	rm -rf .build .libtorch.tmp

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

study-%: build ## run a longer study and keep its results in Docs/Studies
	python3 Tools/studies/$*.py
