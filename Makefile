# Seawall. `make demo` shows it, `make test` proves it; the rest is for those who work on it.
.PHONY: install demo test lint promises bench lock clean
.DEFAULT_GOAL := install

BIN := .venv/bin
export PYTHONDONTWRITEBYTECODE =

install:  ## the environment in .venv, development tools included
	@sh scripts/install

demo: install  ## from nothing to the protection report and its pages
	@$(BIN)/seawall demo

lint: install  ## style, types, and which part may import which
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

test: install  ## everything that must hold before a change lands
	@$(MAKE) --no-print-directory -j 2 lint gathered
	$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

.PHONY: gathered
gathered: install  # what pytest makes of the test files, once for all its workers; what is wrong it says again
	-@$(BIN)/python -m pytest --collect-only -qq >/dev/null 2>&1

promises: install  ## the slow promises with their full counts; with Java, Apache Spark too
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-spark.lock
	SEAWALL_PROMISES=full $(BIN)/python -m pytest -n 2 --dist loadfile -m "(slow or promise) and not alone" \
		--timeout 3600 --durations 30
	SEAWALL_PROMISES=full $(BIN)/python -m pytest -m alone

bench: install  ## ratios against a bare computation; SIZE=small for a million items
	$(BIN)/python -m compileall -q src bench
	$(BIN)/python -m bench

lock: install  ## the newest versions that pyproject.toml allows, with hashes
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--group dev pyproject.toml --output-file requirements.lock
	echo 'pyspark~=4.3' | $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url \
		--no-annotate --no-header - --output-file requirements-spark.lock

clean:
	rm -rf .venv build dist node_modules src/seawall/web/static/vendor
