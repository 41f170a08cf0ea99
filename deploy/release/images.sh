#!/usr/bin/env bash
# Print the images of images/Dockerfile as variables, for a workflow's environment.
#
#   images.sh >>"$GITHUB_ENV"        TERRAFORM_IMAGE=hashicorp/terraform:1.11.4@sha256:…, and so on

set -euo pipefail

sed -n 's/^FROM \([^ ]*\) AS \([^ ]*\)$/\U\2\E_IMAGE=\1/p' "$(dirname "$0")/images/Dockerfile"
