#!/usr/bin/env bash
# Wait until a group's instances run what was applied. Fails when the refresh does, or was rolled back.
#
#   refreshed.sh rates-api staging
#
# A group without a refresh has nothing to wait for: the apply changed no instance.

set -euo pipefail

service=${1:?"say which service"} environment=${2:?"say which environment"}
readonly LOOKS=180 PAUSE=15 # 45 minutes

status() {
    aws autoscaling describe-instance-refreshes --auto-scaling-group-name "rates-$environment-$service" \
        --max-records 1 --query 'InstanceRefreshes[0].Status' --output text
}

for ((look = 0; look < LOOKS; look++)); do
    now=$(status)
    case $now in
    Successful | None)
        echo "$service in $environment: refresh ${now,,}"
        exit 0
        ;;
    Failed | Cancelled | RollbackSuccessful | RollbackFailed)
        echo "$service in $environment: refresh ended as $now" >&2
        exit 1
        ;;
    esac
    sleep "$PAUSE"
done
echo "$service in $environment: the refresh takes too long" >&2
exit 1
