.DEFAULT_GOAL := help
.PHONY: help protos
PROTOS = $(sort $(wildcard protos/boss/*/v1/*.proto))

help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

protos: ## Generate the Python stubs from protos/boss into protos/gen
	@rm -rf protos/gen && mkdir -p protos/gen
	@PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python -m grpc_tools.protoc -Iprotos --python_out=protos/gen --mypy_out=protos/gen $(PROTOS)
	@PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python -m grpc_tools.protoc -Iprotos --grpc_python_out=protos/gen --mypy_grpc_out=only_async:protos/gen $(filter %_service.proto,$(PROTOS))
