# What there is to do; `./dev` lists it. Each recipe first asks ./dev for the environment.

set positional-arguments

export PATH := justfile_directory() / ".venv/bin:" + env("PATH")

[private]
list:
    @{{quote(just_executable())}} --list --unsorted

[private]
environment:
    @./dev --environment

# start the platform: Redis, Banxico's simulator (or the real one, with BANXICO_TOKEN), rates-sync, rates-api
[no-exit-message]
up *options: environment
    @exec python -m rates_dev up "$@"

# say whether the platform is up, by the exit code too
[no-exit-message]
status: environment
    @exec python -m rates_dev status

# end the platform
[no-exit-message]
down: environment
    @exec python -m rates_dev down

# build the images of the platform, the commit on their labels
images *services:
    REVISION="$(git rev-parse HEAD)" docker compose build "$@"

# start the platform on a Docker engine, images included, and wait until a rate can be had
compose-up *options: images
    docker compose up --wait "$@"

# end it; the record stays, unless asked otherwise: --volumes
compose-down *options:
    docker compose down "$@"

# follow what the containers say
logs *services:
    docker compose logs --follow "$@"

# every check and every test that this machine can run; --strict: what can't run is a failure
[no-exit-message]
test *options: environment
    @exec python -m rates_dev test "$@"

# format everything
fmt: environment
    ruff format .
    ruff check --fix-only --quiet .

# lint, import rules included
lint: environment
    ruff check .
    lint-imports

# check the types
types: environment
    @exec python -m rates_dev test --only types

# measure rates-api beside its ceiling and its rivals (--quick, --only NAME, --json, --svg, --markdown FILE)
[no-exit-message]
bench *options: environment
    @exec python -m bench "$@"

# check deploy/terraform: what is insecure, each root and module by itself, all of them together
[no-exit-message]
terraform *options: environment
    @exec python -m rates_dev test --only "terraform scan" --only terraform --only infrastructure "$@"

# compile every lock again (--upgrade: to the newest versions)
lock *options: environment
    @exec python -m rates_dev lock "$@"

# write docs/api/openapi-v1.json with freshly recorded answers; refused if a client could break
openapi: environment
    python tests/contract/openapi_recorder.py

# simulate the fleet under the requirements' scenarios; writes docs/capacity.md and its plots
[no-exit-message]
capacity *options: environment
    @exec python -m bench.capacity --write "$@"

# remove what can be made again; the platform's data under .data stays
clean:
    rm -rf .venv .venv.lock bench/.venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
    find . -name __pycache__ -type d -prune -exec rm -rf {} +
