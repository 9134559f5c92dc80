# What can be done in this clone. `./justw` (or just, where uv is on PATH too) lists it; see CONTRIBUTING.md.

set positional-arguments := true
set shell := ["sh", "-euc"]

bin := justfile_directory() / ".venv/bin"
tools := justfile_directory() / "artefacts/tools"
data := env("AUTHPULSE_DATA", justfile_directory() / ".authpulse")

[private]
list:
    @just --justfile "{{ justfile() }}" --list --unsorted

# --- the operator's command; arguments go on to it as they are --------------------------------------------------------

# Run everything on this machine, NATS and PostgreSQL included; --help says more
[group('operate')]
[no-cd]
[no-exit-message]
up *ARGS: _operate
    @AUTHPULSE_DATA="{{ data }}" exec "{{ bin }}/authpulse" up "$@"

# Declare the connections of a file
[group('operate')]
[no-cd]
[no-exit-message]
apply *ARGS: _operate
    @AUTHPULSE_DATA="{{ data }}" exec "{{ bin }}/authpulse" apply "$@"

# Show the health of the connections
[group('operate')]
[no-cd]
[no-exit-message]
status *ARGS: _operate
    @AUTHPULSE_DATA="{{ data }}" exec "{{ bin }}/authpulse" status "$@"

# Show the events; --follow waits for more
[group('operate')]
[no-cd]
[no-exit-message]
events *ARGS: _operate
    @AUTHPULSE_DATA="{{ data }}" exec "{{ bin }}/authpulse" events "$@"

# Verify that vault, ledger and health agree (the gate is `check`)
[group('operate')]
[no-cd]
[no-exit-message]
verify *ARGS: _operate
    @AUTHPULSE_DATA="{{ data }}" exec "{{ bin }}/authpulse" verify "$@"

# Seal the secrets anew under the active key
[group('operate')]
[no-cd]
[no-exit-message]
reseal *ARGS: _operate
    @AUTHPULSE_DATA="{{ data }}" exec "{{ bin }}/authpulse" reseal "$@"

# --- the gate ---------------------------------------------------------------------------------------------------------

# All tests in parallel with the coverage floor; with ARGS just those (pytest's arguments)
[group('gate')]
[no-exit-message]
test *ARGS: _develop
    @if [ $# -eq 0 ]; then set -- -n auto --dist worksteal --cov --cov-report=term:skip-covered; fi; exec "{{ bin }}/pytest" "$@"

# The long and heavy tests, one after the other
[group('gate')]
[no-exit-message]
soak: _develop
    @exec "{{ bin }}/pytest" -m soak

# The built images and compose.yaml; needs a container engine
[group('gate')]
[no-exit-message]
test-containers *ARGS: _develop
    @.ci/engine
    @exec "{{ bin }}/pytest" -m containers tests/deploy "$@"

# The whole gate; the console's part of it needs Node and Chromium, and the images' a container engine
[group('gate')]
check: quick test mutate console-check console-browser test-containers deploy-check

# What of the gate takes seconds
[group('gate')]
quick: lint types arrows dead security schemas alone

# Format and lint
[group('gate')]
lint: _develop
    "{{ bin }}/ruff" format --check --quiet .
    "{{ bin }}/ruff" check --quiet .
    uv lock --check --quiet

# Strict types
[group('gate')]
types: _develop
    "{{ bin }}/mypy" --no-error-summary shared/src services cli/src tests

# Imports go one way and the pure modules stay pure
[group('gate')]
arrows: _develop
    "{{ bin }}/lint-imports" --no-cache

# Code that nothing uses; members of Structs are let be, they are what the wire and the rows have
[group('gate')]
dead: _develop
    @found=$("{{ bin }}/vulture" | grep -v "unused variable '[a-z]" || true); echo "${found:-no dead code}"; [ -z "$found" ]

# Known weaknesses; those of low severity are the linter's (S), each with its reason beside it
[group('gate')]
security: _develop
    "{{ bin }}/bandit" --quiet --recursive --severity-level medium --configfile pyproject.toml shared/src services/*/src cli/src

# The published schemas, settings and licences are those of the code
[group('gate')]
schemas: _develop
    "{{ bin }}/python" .ci/settings_page.py --check
    "{{ bin }}/python" .ci/prometheus_rule.py --check
    "{{ bin }}/python" .ci/licences.py --check
    "{{ bin }}/python" -m authpulse_contract.schemas docs/schemas --check
    "{{ bin }}/python" -m authpulse_health_api.print_document | cmp - docs/openapi.json

# Each service starts with its own dependencies only
[group('gate')]
alone:
    @place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; export UV_PROJECT_ENVIRONMENT="$place/venv"; \
    for name in refresher event_store health_api; do \
        .ci/sync --no-dev --package "authpulse-$(echo "$name" | tr _ -)"; \
        "$place/venv/bin/python" -c "import authpulse_$name.main"; \
        rm -rf "$place/venv"; \
    done; echo "each service imports with its own dependencies only"

# The mutants of the pure modules (or of MODULES, such as decide); fails where fewer than 90 % are killed
[group('gate')]
mutate *MODULES:
    @UV_PROJECT_ENVIRONMENT=artefacts/mutation-venv .ci/sync --group mutation
    @artefacts/mutation-venv/bin/python .ci/mutate.py "$@"

# The console: types, lint, unit tests, and that the served bundle is what its source builds; needs Node
[group('gate')]
[working-directory('services/health-api/console')]
console-check: _console
    npm run --silent check

# The console in a real Chromium against the running system; its pictures are in artefacts/console
[group('gate')]
[working-directory('services/health-api/console')]
console-browser: _develop _console _browser
    npm run --silent test:browser

# From the IdP's refusal to the red badge in a browser, in one line
[group('gate')]
[working-directory('services/health-api/console')]
console-measure: _develop _console _browser
    npm run --silent measure

# --- deploy -----------------------------------------------------------------------------------------------------------

# A bill of materials (CycloneDX) of each image, in artefacts/
[group('deploy')]
sbom: _develop
    @mkdir -p artefacts; for component in refresher event-store health-api cli; do \
        set -- --package "authpulse-$component"; \
        case $component in cli) set -- "$@" --extra verify ;; *) set -- "$@" --extra tracing ;; esac; \
        uv export --quiet --frozen --no-default-groups --preview-features sbom-export --format cyclonedx1.5 "$@" --output-file "artefacts/$component.cdx.json"; \
        echo "artefacts/$component.cdx.json"; \
    done

# Whether a vulnerability is known of what is locked; says so where nobody can be asked
[group('deploy')]
[no-exit-message]
audit: _develop
    @"{{ bin }}/python" .ci/audit.py

# Images, bills of materials, wheels, checksums and their signature, in DIR: see docs/releasing.md
[group('deploy')]
[no-exit-message]
release VERSION DIR="artefacts/release": _develop
    @.ci/release "{{ VERSION }}" "{{ DIR }}"

# Render the Kubernetes overlays into deploy/k8s/rendered; needs kustomize
[group('deploy')]
manifests: _deploy
    @PATH="{{ tools }}:$PATH"; for overlay in trial production; do \
        kustomize build "deploy/k8s/overlays/$overlay" > "deploy/k8s/rendered/$overlay.yaml"; \
    done

# Alert rules and dashboard at a real Prometheus, the rendered manifests by kustomize; as root on Debian both are fetched
[group('gate')]
deploy-check: _develop _deploy
    @PATH="{{ tools }}:$PATH"; promtool check rules deploy/observability/alerts.yaml; \
    promtool test rules deploy/observability/alerts_test.yaml; \
    for overlay in trial production; do \
        kustomize build "deploy/k8s/overlays/$overlay" | cmp - "deploy/k8s/rendered/$overlay.yaml"; \
    done; echo "the rendered manifests are those of the overlays"; \
    exec "{{ bin }}/pytest" -q -m prometheus tests/observability

# --- at the desk ------------------------------------------------------------------------------------------------------

# Write the code in the house's format, mending what can be mended
[group('desk')]
fmt: _develop
    "{{ bin }}/ruff" check --fix --quiet .
    "{{ bin }}/ruff" format --quiet .

# Write the published pages anew: settings, schemas, the HTTP API
[group('desk')]
publish: _develop
    "{{ bin }}/python" .ci/settings_page.py
    "{{ bin }}/python" .ci/prometheus_rule.py
    "{{ bin }}/python" .ci/licences.py
    "{{ bin }}/python" -m authpulse_contract.schemas docs/schemas
    "{{ bin }}/python" -m authpulse_health_api.print_document > docs/openapi.json

[private]
_deploy:
    @.ci/deploy-tools

[private]
_operate:
    @.ci/sync --no-default-groups

[private]
_develop:
    @.ci/sync

[private]
[working-directory('services/health-api/console')]
_console:
    @../../../.ci/browser node
    @npm ci --silent --no-audit --no-fund

[private]
_browser:
    @.ci/browser chromium
