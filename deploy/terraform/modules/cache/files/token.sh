#!/usr/bin/env bash
# Make, replace or finish replacing the AUTH token of Redis.
#
#   token.sh staging            the first token; or what an earlier run has begun and not finished
#   token.sh staging replace    a new token beside the current one, which stays good
#   token.sh staging end        only the current token is taken from now on
#
# After a replacement instances find the new token within an hour and restart one by one; then `end`. The secret's
# current version is always a token that Redis takes: a new one waits under AWSPENDING until Redis has it, so that the
# script may break off anywhere and be run again. It asks for bash, jq and the AWS CLI.
#
# ROTATE and SET: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html

set -euo pipefail

environment=${1:?"say which environment: staging or production"} mode=${2:-finish}
name="rates-$environment" secret="rates-$environment/redis-auth"
readonly LOOKS=120 PAUSE=5

version_of() {
    aws secretsmanager describe-secret --secret-id "$secret" --output json |
        jq -r --arg stage "$1" '.VersionIdsToStages // {} | to_entries[] | select(.value | index($stage)) | .key'
}

# Not in one pipe: what can't be had must not be put there as nothing.
make_token() {
    local made
    made=$(aws secretsmanager get-random-password --password-length 64 --exclude-punctuation --output json)
    jq '{token: .RandomPassword}' <<<"$made" |
        aws secretsmanager put-secret-value --secret-id "$secret" --version-stages AWSPENDING \
            --secret-string file:///dev/stdin >/dev/null
}

# A change is seen a moment after it was asked for: a group that is available and has nothing pending has not begun or
# has ended, so that the first look comes after a pause.
wait_for_redis() {
    local seen
    for ((look = 0; look < LOOKS; look++)); do
        sleep "$PAUSE"
        seen=$(aws elasticache describe-replication-groups --replication-group-id "$name" --output json)
        if jq -e '.ReplicationGroups[0] | .Status == "available" and (.PendingModifiedValues.AuthTokenStatus // "") == ""' \
            <<<"$seen" >/dev/null; then
            return 0
        fi
    done
    echo "token: $name is still changing" >&2
    return 1
}

# On standard input, so that no token shows among the processes of this machine.
tell_redis() {
    local version
    version=$(aws secretsmanager get-secret-value --secret-id "$secret" --version-id "$1" --output json)
    jq --arg id "$name" --arg strategy "$2" '{
        ReplicationGroupId: $id, AuthToken: (.SecretString | fromjson | .token),
        AuthTokenUpdateStrategy: $strategy, ApplyImmediately: true}' <<<"$version" |
        aws elasticache modify-replication-group --cli-input-json file:///dev/stdin >/dev/null
    wait_for_redis
}

[[ $mode =~ ^(finish|replace|end)$ ]] || { echo "token: say replace, end, or nothing" >&2 && exit 2; }
current=$(version_of AWSCURRENT)
pending=$(version_of AWSPENDING)
previous=$(version_of AWSPREVIOUS)

if [ "$mode" = end ]; then
    [ -z "$pending" ] || { echo "token: a replacement has not been finished; run it without a word" >&2 && exit 1; }
    tell_redis "${current:?"there is no token yet"}" SET
    exit 0
fi

if [ -z "$pending" ] && { [ -z "$current" ] || [ "$mode" = replace ]; }; then
    make_token
    pending=$(version_of AWSPENDING)
fi
[ -n "$pending" ] || { echo "token: there is nothing to finish" && exit 0; }

tell_redis "$pending" ROTATE
# Beside the first token Redis would still admit clients without any. (Secrets Manager makes a first version the
# current one by itself.)
if [ -z "$previous" ] && [ "${current:-$pending}" = "$pending" ]; then tell_redis "$pending" SET; fi

if [ -n "$current" ] && [ "$current" != "$pending" ]; then
    aws secretsmanager update-secret-version-stage --secret-id "$secret" --version-stage AWSCURRENT \
        --move-to-version-id "$pending" --remove-from-version-id "$current" >/dev/null
fi
aws secretsmanager update-secret-version-stage --secret-id "$secret" --version-stage AWSPENDING \
    --remove-from-version-id "$pending" >/dev/null
echo "token: Redis takes it, and $secret says it"
