#!/usr/bin/env bash
# Push an image to an environment's registry and print its digest there.
#
#   push.sh rates-api staging 4e2e61d…
#
# The local image is <service>:<revision>. A revision that is already in the registry is not pushed again: tags
# are immutable.

set -euo pipefail

service=${1:?"service is missing"} environment=${2:?"environment is missing"} revision=${3:?"revision is missing"}
repository="rates-$environment/$service"

digest() {
    aws ecr describe-images --repository-name "$repository" --image-ids "imageTag=$revision" \
        --query 'imageDetails[0].imageDigest' --output text
}

if ! digest 2>/dev/null; then
    url=$(aws ecr describe-repositories --repository-names "$repository" \
        --query 'repositories[0].repositoryUri' --output text)
    aws ecr get-login-password | docker login --username AWS --password-stdin "${url%%/*}" >&2
    docker tag "$service:$revision" "$url:$revision"
    docker push --quiet "$url:$revision" >&2
    digest
fi
