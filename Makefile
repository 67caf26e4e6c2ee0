# make train   sets up .venv with the core alone (no torch), and trains on the digits
# make test    sets up .venv-test with torch, JAX and the plugins, and runs every test
# make test-plugin PLUGIN=actreg-zoo   the tests of one plugin alone, and actreg plugin check of it
# make lint    ruff, mypy and the import contracts (make test runs them too)
# make bench   the benchmarks, one at a time, with their tables
# make clean   removes what the targets above made
#
# PYTHON=…       an interpreter to prefer, 3.11 or later
# TORCH_INDEX=…  where else pip looks for torch: https://download.pytorch.org/whl/cpu brings the build without CUDA
# PIP_EXTRA=…    more arguments for pip

PYTHON ?=
TORCH_INDEX ?=
PIP_EXTRA ?=
PLUGIN ?= actreg-example

RUN = .venv/bin/python
TEST = .venv-test/bin/python
PIP = -m pip install -q --disable-pip-version-check -c constraints.txt $(PIP_EXTRA)
PLUGINS = plugins/actreg-torch plugins/actreg-jax plugins/actreg-zoo plugins/actreg-example

# Makes the environment $$venv, unless one that works is there; a version manager's shim may be found and yet not run.
MAKE_VENV = \
  if ! $$venv/bin/python -m pip --version >/dev/null 2>&1; then \
    for python in $(PYTHON) python3.13 python3.12 python3.11 python3 ''; do \
      test -n "$$python" || { echo 'actreg needs Python 3.11 or later, with venv and pip' >&2; exit 1; }; \
      "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
    done; \
    echo "setting up $$venv with $$("$$python" --version)"; \
    "$$python" -m venv --clear $$venv; \
  fi

.PHONY: help train test test-plugin lint bench clean

help:
	@sed -n '1,/^$$/s/^# \{0,1\}//p' Makefile

train: .venv/ready
	.venv/bin/actreg train configs/digits_mlp.yaml

test: .venv-test/ready
	OMP_NUM_THREADS=1 $(TEST) -m pytest -n 2 tests plugins

test-plugin: .venv-test/ready
	OMP_NUM_THREADS=1 $(TEST) -m pytest plugins/$(PLUGIN)
	$(TEST) -m actreg plugin check plugins/$(PLUGIN) --quick

lint: .venv-test/ready
	$(TEST) -m ruff check .
	$(TEST) -m mypy
	.venv-test/bin/lint-imports

bench: .venv-test/ready
	$(TEST) -m pytest -s tests/benchmarks

clean:
	rm -rf .venv .venv-test build dist actreg.egg-info plugins/*/build plugins/*/*.egg-info
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find actreg plugins scripts tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/ready: pyproject.toml constraints.txt
	@set -e; venv=.venv; $(MAKE_VENV)
	$(RUN) $(PIP) -e .
	@touch $@

.venv-test/ready: pyproject.toml constraints.txt $(PLUGINS:=/pyproject.toml)
	@set -e; venv=.venv-test; $(MAKE_VENV)
	$(TEST) $(PIP) $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -e '.[test,onnx,new]' torch jax
	$(TEST) $(PIP) --no-deps $(PLUGINS:%=-e %)
	@touch $@
