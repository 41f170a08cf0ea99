#!/usr/bin/env bash
# Plan a root for an environment and print the plan; write its fingerprint into a file.
#
#   plan.sh rates-api staging fingerprint.txt …            more arguments are terraform's
#
# The fingerprint is a hash over what the plan would change: every change, with the values before and after. The plan
# itself, which holds secrets of the state, stays on this machine, as deploy/terraform/<root>/plan.bin.

set -euo pipefail

root=${1:?"root is missing"} environment=${2:?"environment is missing"} fingerprint=${3:?"file is missing"}
shift 3
here=$(dirname "$0")

# A refresh that begins while its alarm fires is rolled back at once: a fix must not be.
unwatched=()
if [ "$root" != platform ]; then
    state=$(aws cloudwatch describe-alarms --alarm-names "rates-$environment-$root-refresh" \
        --query 'MetricAlarms[0].StateValue' --output text)
    if [ "$state" = ALARM ]; then unwatched=(-var=refresh_watches_alarm=false); fi
fi

"$here/terraform.sh" "$root" "$environment" plan -input=false -out=plan.bin "${unwatched[@]}" "$@"
changes=$("$here/terraform.sh" "$root" "$environment" show -json plan.bin)
jq -cS '[.resource_changes[]? | select(.change.actions != ["no-op"] and .mode == "managed")
    | {address, actions: .change.actions, before: .change.before, after: .change.after, unknown: .change.after_unknown}]
    | sort_by(.address)' <<<"$changes" | sha256sum | cut -d ' ' -f 1 >"$fingerprint"
