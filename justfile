# The project's commands; `./dev` lists them. Each recipe first has ./dev prepare the environment.

set positional-arguments

export PATH := justfile_directory() / ".venv/bin:" + env("PATH")

[private]
list:
    @{{quote(just_executable())}} --list --unsorted

[private]
environment:
    @./dev --environment

# start the platform: Redis, Banxico's simulator (Banxico itself with BANXICO_TOKEN), rates-sync, rates-api
[no-exit-message]
up *options: environment
    @exec python -m rates_dev up "$@"

# show whether the platform is up; the exit code tells it too
[no-exit-message]
status: environment
    @exec python -m rates_dev status

# stop the platform
[no-exit-message]
down: environment
    @exec python -m rates_dev down

# build the platform's images, labelled with the commit
images *services:
    REVISION="$(git rev-parse HEAD)" docker compose build "$@"

# build the images, start the platform on a Docker engine and wait until it serves rates
compose-up *options: images
    docker compose up --wait "$@"

# stop it; the record is kept unless you pass --volumes
compose-down *options:
    docker compose down "$@"

# follow the containers' logs
logs *services:
    docker compose logs --follow "$@"

# run every check and test that this machine can run; --strict: fail if any can't run
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

# benchmark rates-api against its ceiling and its rivals (--quick, --only NAME, --json, --svg, --markdown FILE)
[no-exit-message]
bench *options: environment
    @exec python -m bench "$@"

# soak the platform in containers: a fault each 20 s under 500 requests/s for 30 minutes (--minutes N)
[no-exit-message]
soak *options: environment
    @PYTHONPATH=tests/e2e:tests exec python -m soak "$@"

# simulate both services under faults in virtual time (SEED [--trace | --minimize], --seeds N, --from DATE)
[no-exit-message]
simulate *options: environment
    @PYTHONPATH=tests exec python -m simulation "$@"

# check deploy/terraform: a security scan, each root and module, and all of them together
[no-exit-message]
terraform *options: environment
    @exec python -m rates_dev test --only "terraform scan" --only terraform --only infrastructure "$@"

# recompile every lock file (--upgrade: to the newest versions)
lock *options: environment
    @exec python -m rates_dev lock "$@"

# write docs/api/openapi-v1.json with freshly recorded answers; refuses breaking changes
openapi: environment
    python tests/contract/openapi_recorder.py

# write the README's pictures of the page (docs/page-*.png) from a platform of the simulator's; needs chromium
[no-exit-message]
screenshots: environment
    @exec python -m rates_dev.screenshots

# simulate the fleet in the requirements' scenarios; writes docs/capacity.md and its plots
[no-exit-message]
capacity *options: environment
    @exec python -m bench.capacity --write "$@"

# remove everything that can be rebuilt; the platform's data in .data is kept
clean:
    rm -rf .venv .venv.lock .tools bench/.venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
    find . -name __pycache__ -type d -prune -exec rm -rf {} +
