# Everything that a developer or a newcomer types. The logic stands in cluster/chiplog_cluster, which needs only Python 3.11.
PYTHON ?= python3
CLUSTER := PYTHONPATH=cluster $(PYTHON) -m chiplog_cluster
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help demo test check cluster images page bench soak down

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

demo: ## track an unmodified wandb script on a real Kubernetes, into a real S3, and show it
	@$(CLUSTER) demo

test: ## run every check and every test, on a node of its own
	@$(CLUSTER) test

check: ## format, lint, types and import rules only
	@$(CLUSTER) lint

cluster: ## start the demo's node with its S3, our images and our chart, and no run
	@$(CLUSTER) cluster

images: ## build our images and bring them to the demo's node
	@$(CLUSTER) images

page: ## build the dashboard's page, which `chiplog ui` serves
	@$(CLUSTER) page

bench: ## measure our targets beside the tools of others; ONLY=P7,P11 chooses
	@$(CLUSTER) bench --only=$(ONLY)

soak: ## play new seeds of the simulation of recorder, store and compactor; MINUTES=10
	@$(CLUSTER) soak --minutes=$(or $(MINUTES),10)

down: ## stop every node of this checkout; what they stored stays in .chiplog/
	@$(CLUSTER) down --all
