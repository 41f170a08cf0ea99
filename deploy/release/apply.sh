#!/usr/bin/env bash
# Deploy an image, by digest, to an environment: record it in the parameter, apply, wait for the instances. If
# they fail to run it, the parameter is reset to the previous image, to which the group has rolled back.
#
#   apply.sh rates-api staging sha256:… 4e2e61d…      the approved plan's fingerprint (plan.sh)
#   apply.sh rates-api staging sha256:… unapproved    by hand

set -euo pipefail

service=${1:?"service is missing"} environment=${2:?"environment is missing"} digest=${3:?"digest is missing"}
approved=${4:?"fingerprint is missing"}
here=$(dirname "$0") parameter="/rates/$environment/$service/image"

[[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || {
    echo "apply: $digest is not a digest" >&2
    exit 2
}

recorded() { aws ssm get-parameter --name "$parameter" --query Parameter.Value --output text 2>/dev/null; }

record_image() {
    aws ssm put-parameter --name "$parameter" --type String --overwrite --value "$1" >/dev/null
}

# Must exist, also when it is an old image to roll back to.
aws ecr describe-images --repository-name "rates-$environment/$service" --image-ids "imageDigest=$digest" >/dev/null
url=$(aws ecr describe-repositories --repository-names "rates-$environment/$service" \
    --query 'repositories[0].repositoryUri' --output text)
before=$(recorded || true)

record_image "$url@$digest"
if "$here/apply-plan.sh" "$service" "$environment" "$approved" &&
    "$here/refreshed.sh" "$service" "$environment"; then
    exit 0
fi
# Another run may have recorded its own meanwhile, such as a rollback of this one.
if [ -n "$before" ] && [ "$(recorded)" = "$url@$digest" ]; then
    record_image "$before"
    echo "apply: $parameter is $before again; apply once more to update the state" >&2
fi
exit 1
