#!/usr/bin/env bash
# Plan a root for an environment once more and apply that plan, if it is the one that was approved.
#
#   apply-plan.sh platform staging 4e2e61d…      the approved plan's fingerprint (plan.sh)
#   apply-plan.sh platform staging unapproved    by hand

set -euo pipefail

root=${1:?"root is missing"} environment=${2:?"environment is missing"} approved=${3:?"fingerprint is missing"}
here=$(dirname "$0")
now=$(mktemp)
trap 'rm -f "$now" "deploy/terraform/$root/plan.bin"' EXIT

# A rollback waits for the apply that it undoes; no apply holds the lock for longer than it takes to ask AWS.
readonly LOCK=-lock-timeout=20m

"$here/plan.sh" "$root" "$environment" "$now" "$LOCK"
if [ "$approved" != unapproved ] && [ "$(cat "$now")" != "$approved" ]; then
    echo "apply-plan: this is not the plan that was approved; run the workflow again and approve the new one" >&2
    exit 3
fi
"$here/terraform.sh" "$root" "$environment" apply -input=false "$LOCK" plan.bin
