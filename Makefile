# 两条命令即可：make demo（一分钟看完全部流程）、make test（跑完全部测试）。
# Two commands do it all: `make demo` shows the whole of it, `make test` passes the tests.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# Tools of others that open what we wrote, in the tests; their dependencies clash with ours and each other's.
TOOLS  := pywb wacz warcat schemathesis
READERS := tests/readers/node_modules/.package-lock.json
BROWSER := $(VENV)/browser
WGET := /usr/bin/wget
EPUBCHECK := /usr/share/java/epubcheck.jar
TIMERS := /usr/bin/systemd-analyze /usr/bin/crontab

.PHONY: demo test check lock clean

demo: $(VENV)/installed
	$(BIN)/mirror demo

test: $(VENV)/installed-dev $(TOOLS:%=.venv-%/installed) $(READERS) $(BROWSER) $(WGET) $(EPUBCHECK) $(TIMERS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n auto

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "Python 3.11 to 3.13 is needed; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12 demo"; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { \
	  echo "making the virtual environment needs Debian's python3-venv; installing it"; \
	  apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv --clear $(VENV); }

$(VENV)/installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

.venv-%/installed: requirements-%.lock | $(VENV)/bin/python
	$(BIN)/python -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# ReplayWeb.page and warcio.js.
$(READERS): tests/readers/package-lock.json
	@command -v npm >/dev/null || { \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends nodejs npm; }
	npm ci --prefix tests/readers --ignore-scripts --omit=dev --no-audit --no-fund --silent

# Pages are tested in a real browser, with a font that has the characters; what drives it needs libatomic.
$(BROWSER): | $(VENV)/bin/python
	@{ [ -x /usr/bin/chromium ] && /sbin/ldconfig -p | grep -q libatomic.so.1; } || { \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk libatomic1; }
	@touch $@

# What other tools archive is imported, in the tests.
$(WGET):
	apt-get update -qq && apt-get install -y -qq --no-install-recommends wget

# Timers are checked by those who run them.
$(TIMERS) &:
	apt-get update -qq && apt-get install -y -qq --no-install-recommends systemd cron

# Books in EPUB are checked by those who know the format.
$(EPUBCHECK):
	apt-get update -qq && apt-get install -y -qq --no-install-recommends epubcheck

# Pin everything again, newest versions that fit (needs uv).
lock:
	printf 'setuptools>=77\n' | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	  --no-header pyproject.toml - -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade --no-header \
	  --group dev pyproject.toml -c requirements.lock -o requirements-dev.lock
	for tool in $(TOOLS); do printf '%s\nsetuptools<81\n' $$tool | uv pip compile --quiet --universal \
	  --python-version 3.11 --generate-hashes --upgrade --no-header - -o requirements-$$tool.lock; done

clean:
	rm -rf $(VENV) $(TOOLS:%=.venv-%) tests/readers/node_modules demo-home build *.egg-info
