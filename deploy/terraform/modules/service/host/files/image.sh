#!/usr/bin/env bash
# Pull the image unless it is already here: a restart does not depend on the registry.

set -euo pipefail
# shellcheck source=/dev/null
source "${RATES_ETC:-/etc/rates}/host.env"

if docker image inspect "$IMAGE" >/dev/null 2>&1; then exit 0; fi
aws ecr get-login-password --region "$REGION" |
    docker login --username AWS --password-stdin "$REGISTRY"
docker pull --quiet "$IMAGE"
