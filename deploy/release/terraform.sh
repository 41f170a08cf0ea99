#!/usr/bin/env bash
# Run terraform in a root, for an environment, with the role that login.sh assumed.
#
#   terraform.sh rates-api staging plan -input=false …
#   terraform.sh rates-api staging apply -input=false plan.bin
#
# STATE_BUCKET is the environment's state bucket; TERRAFORM_IMAGE is the container image of terraform.

set -euo pipefail

service=${1:?"root is missing"} environment=${2:?"environment is missing"}
shift 2

terraform() {
    docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:$PWD" --workdir "$PWD/deploy/terraform/$service" \
        --env AWS_ACCESS_KEY_ID --env AWS_SECRET_ACCESS_KEY --env AWS_SESSION_TOKEN --env AWS_REGION \
        "${TERRAFORM_IMAGE:?}" "$@"
}

terraform init -input=false -no-color -reconfigure \
    -backend-config="bucket=${STATE_BUCKET:?}" -backend-config="region=${AWS_REGION:?}" >&2
# A plan file holds its variables; nothing but a plan takes others.
variables=()
if [ "$1" = plan ]; then variables=("-var-file=../environments/$environment/$service.tfvars"); fi
command=$1
shift
terraform "$command" -no-color "${variables[@]}" "$@"
