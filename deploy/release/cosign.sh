#!/usr/bin/env bash
# Run cosign with this machine's logins to registries and, in a workflow, its identity.

set -euo pipefail

docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:$PWD" --workdir "$PWD" \
    --volume "${DOCKER_CONFIG:-$HOME/.docker}:/docker:ro" --env DOCKER_CONFIG=/docker --env HOME=/tmp \
    --env ACTIONS_ID_TOKEN_REQUEST_TOKEN --env ACTIONS_ID_TOKEN_REQUEST_URL \
    "${COSIGN_IMAGE:?}" "$@"
