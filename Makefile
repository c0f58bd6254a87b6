# make demo   install what is needed, play the bundled demo sweep, write a report
# make run    open the window
# make test   every check that CI runs
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo run test lint corpus bench screenshots catalogues docs dist fuzz clean

$(VENV)/.run: pyproject.toml
	@sh .ci/system-libraries run
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[all]'
	@touch $@

$(VENV)/.test: pyproject.toml .ci/system-libraries
	@sh .ci/system-libraries test
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.run

demo: $(VENV)/.run
	@$(BIN)/sweeper demo --report demo-report/report.html

run: $(VENV)/.run
	@$(BIN)/sweeper gui

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict sweeper

# The window's tests have a process of their own: in one that has run thousands of others, each collection of
# garbage on Qt's thread walks all that those left behind.
test: lint
	$(BIN)/python -m pytest -n 2 --dist loadgroup --ignore=tests/ui
	$(BIN)/python -m pytest -n 2 --dist loadgroup tests/ui

corpus: $(VENV)/.test
	$(BIN)/python -m tests.measure.corpus

bench: $(VENV)/.test
	$(BIN)/python -m tests.benchmarks

screenshots: $(VENV)/.run
	$(BIN)/python -m sweeper.ui.screenshots docs/screenshots

catalogues: $(VENV)/.test
	$(BIN)/python -m sweeper.locale.catalogues

docs: $(VENV)/.test
	$(BIN)/python -m sweeper.packaging site build/site

# The packages, from this checkout; as root, where debootstrap is installed, also tried in a clean Debian.
dist: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check build
	$(BIN)/python -m build --no-isolation --outdir dist .
	$(BIN)/python -m sweeper.packaging deb dist
	$(BIN)/python -m sweeper.packaging archive dist
	$(BIN)/python -m tests.packaging.chroot dist || test $$? = 3

# Ten processor minutes of mutated input for every parser.
fuzz: $(VENV)/.test
	$(BIN)/python -m tests.fuzz 10

clean:
	rm -rf $(VENV) build dist demo-report
