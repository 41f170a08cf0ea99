#!/usr/bin/env bash
# Bring an image, by digest, into an environment: write it down, apply, wait for the instances. If they do
# not come to run it, the image before it is written down again, as the group has gone back to it.
#
#   apply.sh rates-api staging sha256:…

set -euo pipefail

service=${1:?"say which service"} environment=${2:?"say which environment"} digest=${3:?"say which digest"}
here=$(dirname "$0") parameter="/rates/$environment/$service/image"

[[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || {
    echo "apply: $digest is no digest" >&2
    exit 2
}

write_down() {
    aws ssm put-parameter --name "$parameter" --type String --overwrite --value "$1" >/dev/null
}

# Also what is rolled back to must still be there.
aws ecr describe-images --repository-name "rates-$environment/$service" --image-ids "imageDigest=$digest" >/dev/null
url=$(aws ecr describe-repositories --repository-names "rates-$environment/$service" \
    --query 'repositories[0].repositoryUri' --output text)
before=$(aws ssm get-parameter --name "$parameter" --query Parameter.Value --output text 2>/dev/null || true)

write_down "$url@$digest"
if "$here/terraform.sh" "$service" "$environment" apply -input=false -auto-approve &&
    "$here/refreshed.sh" "$service" "$environment"; then
    exit 0
fi
if [ -n "$before" ]; then
    write_down "$before"
    echo "apply: $parameter says $before again; apply it to bring the state in line" >&2
fi
exit 1
