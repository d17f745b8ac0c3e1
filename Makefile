.DEFAULT_GOAL := help
.PHONY: help run test check fmt protos docs dashboards dashboards-picture lock bench bench-store bench-watching load load-gate capacity bench-understanding calibrate clean
MAKEFLAGS += --no-print-directory
PROTOS = $(sort $(wildcard protos/boss/*/v1/*.proto))
OUT ?= protos/gen
TESTS ?= tests
PROFILE ?= light
LENGTH ?= short

run: ## Install what is needed, start everything, and stay until Ctrl-C
	@.ci/install run
	@exec .venv/bin/boss up --with-parent $(ARGS)

test: ## Install what the tests need and run them all (TESTS=tests/unit for a part)
	@.ci/install dev
	@.ci/system chromium=chromium promtool=prometheus redis-server=redis-server
	@.venv/bin/python -m pytest -n 2 --dist loadfile $(TESTS) $(ARGS)

check: ## Format, lint, types, boundaries, protos, dependencies, dead code, spelling
	@.ci/install dev
	@.ci/check

fmt: ## Bring code and protos into form
	@.ci/install dev
	@.venv/bin/ruff format
	@.venv/bin/ruff check --fix
	@.venv/bin/buf format -w

protos: ## Generate the Python stubs from protos/boss into protos/gen
	@rm -rf $(OUT) && mkdir -p $(OUT)
	@PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python -m grpc_tools.protoc -Iprotos --python_out=$(OUT) --mypy_out=quiet:$(OUT) $(PROTOS)
	@PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python -m grpc_tools.protoc -Iprotos --grpc_python_out=$(OUT) --mypy_grpc_out=quiet,only_async:$(OUT) $(filter %_service.proto,$(PROTOS))

docs: ## Write what is generated of the documents: docs/states.md
	@.ci/install dev
	@.venv/bin/python -m services.task.states_page docs/states.md

dashboards: ## Write Grafana's dashboards (deploy/grafana/dashboards) from deploy/grafana/boards
	@.ci/install dev
	@.venv/bin/python -m deploy.grafana.build

dashboards-picture: ## Draw the overview from its own queries on the system under load (docs/overview.png)
	@.ci/install dev
	@.ci/system prometheus=prometheus redis-server=redis-server
	@.venv/bin/python -m tests.load.picture $(ARGS)

lock: ## Write requirements*.txt anew from pyproject.toml
	@.ci/install dev
	@.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes pyproject.toml -o requirements.txt
	@.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

bench: ## Measure the product beside the bare chain (ARGS="--only messages" for these alone)
	@.ci/install dev
	@.ci/system wrk=wrk
	@.venv/bin/python -m tests.load.bench $(ARGS)

bench-store: ## Measure the store beside the bare driver, its log, and its growth (some 25 minutes)
	@.ci/install dev
	@.venv/bin/python -m tests.load.store
	@.venv/bin/python -m tests.load.log
	@.venv/bin/python -m tests.load.growth --sizes 10000,100000,1000000 --plot docs/growth.svg $(ARGS)

bench-watching: ## Measure what metrics and logs cost: on against off, in turns
	@.ci/install dev
	@.ci/system wrk=wrk
	@.venv/bin/python -m tests.load.watching $(ARGS)

load: ## Put a load on it: PROFILE=light|medium|heavy|ramp|mix, LENGTH=short|full (docs/capacity.md)
	@.ci/install dev
	@.venv/bin/python -m tests.load.profiles.run $(PROFILE) --length $(LENGTH) $(ARGS)

load-gate: ## Fail where it has become slower than tests/load/baseline.json allows
	@.ci/install dev
	@.ci/system wrk=wrk
	@.venv/bin/python -m tests.load.gate $(ARGS)

bench-understanding: ## Measure how right messages are read, and how fast (ARGS="--cases FILE")
	@.ci/install dev
	@.venv/bin/python -m tests.load.understanding $(ARGS)

calibrate: ## Fit how likely readings are right to first looks at sentences (tests/calibration)
	@.ci/install dev
	@.venv/bin/python -m tests.calibration.fit

capacity: ## Measure what each kind of request costs, and write docs/capacity.md
	@.ci/install dev
	@.venv/bin/python -m tests.load.profiles.capacity docs/capacity.md $(ARGS)

clean: ## Remove what was installed and built; the data (.state) stay
	@rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20
