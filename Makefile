# DNStats on this machine. `make help` lists what there is.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv/bin/python
export SITES LIST DNS CHUNK DIRECT_PORT LAB_SEED RUN FROM DUMP
export PYTHONUTF8 := 1
DOMAIN ?=
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*/\1/p' $(MAKEFILE_LIST))

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 27
	@echo "  options of run and up: SITES=500 LIST=path DNS=auto|system|lab|ip[:port],... CHUNK=n DIRECT_PORT=53 LAB_SEED=1"

install: ## .venv with what requirements.txt locks (done by all others when needed)
	@$(PYTHON) plugins/dnstats/stack/install.py requirements.txt

install-dev: install
	@$(PYTHON) plugins/dnstats/stack/install.py requirements.txt requirements-dev.txt

run: install ## one day's run in Airflow for the top SITES sites: scan, process, grade, report
	@$(VENV) -m dnstats.stack run

rerun: install ## chunks of a run again: RUN=12 CHUNK=3,5 (or failed) FROM=scan|process|grade
	@$(VENV) -m dnstats.stack rerun

check: install ## ask about DOMAIN now: grades, what is wrong, the cure (ARGS="--json --lab" ...)
	@$(VENV) -m dnstats check $(DOMAIN) $(ARGS)

up: install ## keep Airflow and the database running, with the daily schedule on
	@$(VENV) -m dnstats.stack up

down: install ## stop everything that runs in this checkout
	@$(VENV) -m dnstats.stack down

backup: install ## the results' database as a file in var/backup, while runs go on
	@$(VENV) -m dnstats.stack backup

restore: install ## the database as it was: DUMP=var/backup/... ; the stack must be down
	@$(VENV) -m dnstats.stack restore

airflow: install ## Airflow's own command line, for what runs here: ARGS="dags list"
	@$(VENV) -m dnstats.stack airflow $(ARGS)

status: install ## what runs, where, how to log in
	@$(VENV) -m dnstats.stack status || [ $$? = 3 ]

regrade: install ## grade RUN (latest) again from its stored rows by the rules of now; what moved
	@$(VENV) -m dnstats.regrade "$(RUN)"

test: install-dev ## the whole suite; real PostgreSQL, sockets and Airflow; TESTS=tests/scan for a part
	@$(VENV) -m pytest --numprocesses auto --maxprocesses 4 --dist loadgroup $(TESTS)

test-live: install-dev ## a real Airflow alone: reruns, backfill, alerts, killed scheduler and database
	@$(VENV) -m pytest tests/live -m ""

test-long: install-dev ## what `make test` leaves out: minutes of backfill, kills, lists, alerts
	@$(VENV) -m pytest -m long

lint: install-dev ## ruff and mypy
	@$(VENV) -m ruff check .
	@$(VENV) -m ruff format --check .
	@$(VENV) -m mypy
	@$(VENV) -m dnstats.grade.catalogue --check

lock: ## compile requirements*.in to requirements*.txt with hashes (needs uv)
	uv pip compile -q --universal --no-strip-extras --python-version 3.11 --generate-hashes requirements.in -o requirements.txt
	uv pip compile -q --universal --no-strip-extras --python-version 3.11 --generate-hashes requirements-dev.in -o requirements-dev.txt

bench: bench-scan bench-grade ## both benches: minutes

bench-scan: install ## cost and losses of the engine beside massdns and others; QUICK=1 in a minute
	@$(VENV) bench/scan.py $(if $(QUICK),--quick)

compare-checkdmarc: install ## DNStats beside checkdmarc on the practice internet, into include/docs/checkdmarc.md
	@$(VENV) bench/compare_checkdmarc.py

reports: install ## serve the published reports on loopback, so that single sites can be looked up
	@reports="$${DNSTATS_REPORTS:-$${DNSTATS_VAR:-var}/report}"; \
	[ -e "$$reports/index.html" ] || { echo "no report stands in $$reports yet: make run publishes one"; exit 1; }; \
	$(VENV) -u -m http.server --bind 127.0.0.1 --directory "$$reports" 0

bench-grade: install ## cost of reading and grading 10,000 sites into PostgreSQL, beside its floors
	@$(VENV) bench/grade.py

bench-million: install ## a million sites for real, from list to report and dropping: an hour, 20 GB
	@$(VENV) bench/million.py

secrets: ## passwords for docker compose, into .env
	@$(PYTHON) include/deploy/make_secrets.py

rehearse: install-dev ## docker-compose.yaml natively, three scans; writes include/docs/rehearsal.md
	@PYTHONPATH=include/deploy $(VENV) -m rehearsal $(if $(SITES),--sites $(SITES)) $(if $(CHUNK),--chunk $(CHUNK))

clean: ## stop everything, remove var/ and .venv: the database and the archive with it
	@if [ -x $(VENV) ]; then $(VENV) -m dnstats.stack down && $(VENV) -m dnstats.stack destroy; fi
	@rm -rf var .venv
