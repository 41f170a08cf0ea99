#!/usr/bin/env bash
# Put the terraform of TERRAFORM_IMAGE into a folder, for what runs it without a container.
#
#   install-terraform.sh "$RUNNER_TEMP/bin"

set -euo pipefail

folder=${1:?"folder is missing"}
mkdir -p "$folder"
container=$(docker create "${TERRAFORM_IMAGE:?}")
docker cp "$container:/bin/terraform" "$folder/terraform"
docker rm "$container" >/dev/null
