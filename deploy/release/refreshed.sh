#!/usr/bin/env bash
# Wait until a group's instances run what was applied. Fails if the instance refresh fails or is rolled back.
#
#   refreshed.sh rates-api staging
#
# Without a refresh there is nothing to wait for: the apply changed no instance.

set -euo pipefail

service=${1:?"service is missing"} environment=${2:?"environment is missing"}
readonly ATTEMPTS=180 PAUSE=15 # 45 minutes

status() {
    aws autoscaling describe-instance-refreshes --auto-scaling-group-name "rates-$environment-$service" \
        --max-records 1 --query 'InstanceRefreshes[0].Status' --output text
}

for ((attempt = 0; attempt < ATTEMPTS; attempt++)); do
    state=$(status)
    case $state in
    Successful | None)
        echo "$service in $environment: refresh ${state,,}"
        exit 0
        ;;
    Failed | Cancelled | RollbackSuccessful | RollbackFailed)
        echo "$service in $environment: refresh ended as $state" >&2
        exit 1
        ;;
    esac
    sleep "$PAUSE"
done
echo "$service in $environment: timed out waiting for the refresh" >&2
exit 1
