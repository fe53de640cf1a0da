# make sandbox                 try it: the bot on local stand-ins, in your browser, no account
# make sandbox ONCE="a prompt" the same from /sora to the posted video, without a browser
# make cluster [ONCE="…"]      the sandbox as a cluster: PostgreSQL, a bucket, two gateways and two workers, without Docker
# make test                    lint, import contracts and all tests but the long ones
# make test-long               the long tests: storms, the rest of what `make test` samples, a whole cluster, a browser
# make test-postgresql         the tests of the whole bot once more, on PostgreSQL instead of SQLite
# make types                   pyright
# make newest-av               the tests of media with the PyAV of requirements/app.txt, which is newer than the sandbox's
# make audit                   known vulnerabilities and licences of what a server installs
# make lock                    pin the dependencies anew
#
# Each sets up what it needs in .venv; no other step comes before it.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# As typed, dollar signs included.
override export ONCE := $(value ONCE)

.PHONY: sandbox cluster test pytest test-long test-postgresql lint types newest-av audit lock clean
.SILENT: .venv/sandbox .venv/cluster .venv/dev .venv/warm

sandbox: .venv/sandbox
	@$(BIN)/sora-bot sandbox $(if $(ONCE),--once "$$ONCE")

cluster: .venv/cluster
	@$(BIN)/sora-bot sandbox --cluster $(if $(ONCE),--once "$$ONCE")

# A worker costs seconds of a core before its first test (it imports and collects everything), so there are few: seven keep
# two cores busy, as many tests wait for a bot.
test: .venv/dev
	@$(MAKE) --no-print-directory -j2 lint pytest
	@echo "The long tests and the types are left: \`make test-long types\`."

PYTEST := $(BIN)/python -m pytest -n 7 --dist worksteal
pytest: .venv/warm
	$(PYTEST) -m "not long"

test-long: .venv/warm
	$(PYTEST) -m long

test-postgresql: .venv/warm
	SORA_BOT_TEST_ENGINE=postgresql $(PYTEST) tests/process tests/crash tests/cogs/moderation

# What the tests import is compiled once, and kept, before several workers import it at the same time: again only where a
# file has changed.
unexport PYTHONDONTWRITEBYTECODE
SOURCES := $(shell find bot cogs sandbox tests -name '*.py')
.venv/warm: .venv/dev $(SOURCES)
	$(BIN)/python -m pytest --collect-only -q >/dev/null || true
	touch $@

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

# Pyright keeps nothing between two runs, and takes a core for more than a minute.
types: .venv/dev
	$(BIN)/pyright

newest-av: .venv/dev
	sed -n '/^av==/,/^[^ ]/{/^av==/p;/^ /p}' requirements/app.txt > .venv/newest-av.txt
	$(PIP) install --no-deps --require-hashes --upgrade --target .venv/newest-av -r .venv/newest-av.txt
	PYTHONPATH=.venv/newest-av $(BIN)/python -m pytest -n 4 tests/media

# In an environment of its own: the bot and its tests need none of it. The vulnerabilities come from PyPI, over the network.
# What is listed here may not be used without a look at its terms.
AUDIT := .venv/audit/bin
NOT_ALLOWED := AGPL;Affero;SSPL;Business Source;Commons Clause;UNKNOWN
audit: .venv/audit/ready .venv/dev
	$(AUDIT)/pip-licenses --python=$(BIN)/python --order=license --partial-match --fail-on='$(NOT_ALLOWED)' \
		--packages $$(sed -n 's/^\([a-zA-Z0-9._-]*\)==.*/\1/p' requirements/cluster.txt)
	$(AUDIT)/pip-audit --strict --disable-pip --require-hashes -r requirements/app.txt -r requirements/cluster.txt

.venv/audit/ready: requirements/audit.txt | .venv/bin/python
	$(PYTHON) -m venv .venv/audit
	$(AUDIT)/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/audit.txt
	touch $@

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "sora-bot needs Python 3.11 or newer" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/sandbox: requirements/sandbox.txt pyproject.toml | .venv/bin/python
	echo "Setting up .venv (once, about half a minute)…"
	$(PIP) install --require-hashes -r requirements/sandbox.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

.venv/cluster: requirements/sandbox-cluster.txt pyproject.toml | .venv/bin/python
	echo "Setting up .venv (once, about a minute)…"
	$(PIP) install --require-hashes -r requirements/sandbox-cluster.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@ .venv/sandbox

.venv/dev: requirements/dev.txt pyproject.toml | .venv/bin/python
	echo "Setting up .venv (once, about a minute)…"
	$(PIP) install --require-hashes -r requirements/dev.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@ .venv/sandbox .venv/cluster

# A server runs what the tests run, but for PyAV: the sandbox needs one below 17, the bot takes the newest (`make newest-av`).
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header
lock:
	$(LOCK) pyproject.toml --extra sandbox --extra cluster requirements/dev.in -o requirements/dev.txt
	$(LOCK) requirements/audit.in -o requirements/audit.txt
	$(LOCK) pyproject.toml --extra sandbox requirements/build.in -c requirements/dev.txt -o requirements/sandbox.txt
	$(LOCK) pyproject.toml --extra sandbox --extra cluster requirements/build.in requirements/sandbox-cluster.in \
		-c requirements/dev.txt -o requirements/sandbox-cluster.txt
	grep -E '^[^ #-]+==' requirements/dev.txt | grep -v '^av==' | sed 's/ *\\$$//' > .venv/constraints.txt
	$(LOCK) pyproject.toml requirements/build.in --upgrade-package av -c .venv/constraints.txt -o requirements/app.txt
	$(LOCK) pyproject.toml --extra cluster requirements/build.in --upgrade-package av -c .venv/constraints.txt -o requirements/cluster.txt

clean:
	rm -rf .venv data
