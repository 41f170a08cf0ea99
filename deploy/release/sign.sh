#!/usr/bin/env bash
# Sign an image by the workflow's identity (keyless, https://docs.sigstore.dev/cosign/signing/overview/) and attest its
# bill of materials. An image that is signed already is left as it is: tags are immutable.
#
#   sign.sh rates-api staging sha256:… sbom.spdx.json

set -euo pipefail

service=${1:?"service is missing"} environment=${2:?"environment is missing"} digest=${3:?"digest is missing"}
sbom=${4:?"bill of materials is missing"} here=$(dirname "$0")

if "$here/verify.sh" "$service" "$environment" "$digest"; then exit 0; fi

url=$(aws ecr describe-repositories --repository-names "rates-$environment/$service" \
    --query 'repositories[0].repositoryUri' --output text)
"$here/cosign.sh" sign --yes "$url@$digest"
"$here/cosign.sh" attest --yes --type spdxjson --predicate "$sbom" "$url@$digest"
