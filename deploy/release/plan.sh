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

"$here/terraform.sh" "$root" "$environment" plan -input=false -out=plan.bin "$@"
changes=$("$here/terraform.sh" "$root" "$environment" show -json plan.bin)
jq -cS '[.resource_changes[]? | select(.change.actions != ["no-op"] and .mode == "managed")
    | {address, actions: .change.actions, before: .change.before, after: .change.after, unknown: .change.after_unknown}]
    | sort_by(.address)' <<<"$changes" | sha256sum | cut -d ' ' -f 1 >"$fingerprint"
