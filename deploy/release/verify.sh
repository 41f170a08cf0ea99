#!/usr/bin/env bash
# Verify that an image was built, signed and described by this repository's workflow on main.
#
#   verify.sh rates-api staging sha256:…                the signature and the attestation
#   verify.sh rates-api staging sha256:… signature      one of them

set -euo pipefail

service=${1:?"service is missing"} environment=${2:?"environment is missing"} digest=${3:?"digest is missing"}
what=${4:-signature attestation} here=$(dirname "$0")

url=$(aws ecr describe-repositories --repository-names "rates-$environment/$service" \
    --query 'repositories[0].repositoryUri' --output text)
aws ecr get-login-password | docker login --username AWS --password-stdin "${url%%/*}" >&2
by=(
    --certificate-oidc-issuer https://token.actions.githubusercontent.com
    --certificate-identity "https://github.com/${GITHUB_REPOSITORY:?}/.github/workflows/deploy-service.yml@refs/heads/main"
)
if [[ $what == *signature* ]]; then
    "$here/cosign.sh" verify "${by[@]}" "$url@$digest" >/dev/null
fi
if [[ $what == *attestation* ]]; then
    "$here/cosign.sh" verify-attestation "${by[@]}" --type spdxjson "$url@$digest" >/dev/null
fi
