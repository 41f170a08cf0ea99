#!/usr/bin/env bash
# Sign an image by the workflow's identity (keyless, https://docs.sigstore.dev/cosign/signing/overview/) and attest its
# bill of materials. What verifies already is not made again: tags are immutable, and a run that ended between the two
# is run again.
#
#   sign.sh rates-api staging sha256:… sbom.spdx.json

set -euo pipefail

service=${1:?"service is missing"} environment=${2:?"environment is missing"} digest=${3:?"digest is missing"}
sbom=${4:?"bill of materials is missing"} here=$(dirname "$0")

verifies() { "$here/verify.sh" "$service" "$environment" "$digest" "$1"; }

url=$(aws ecr describe-repositories --repository-names "rates-$environment/$service" \
    --query 'repositories[0].repositoryUri' --output text)
verifies signature || "$here/cosign.sh" sign --yes "$url@$digest"
verifies attestation || "$here/cosign.sh" attest --yes --type spdxjson --predicate "$sbom" "$url@$digest"
