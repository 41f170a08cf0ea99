#!/usr/bin/env bash
# Bring the users of Redis in line: each takes the passwords that its secret holds. A secret that holds none yet gets one.
#
#   users.sh staging      before the first deploy; whenever a user and its secret disagree
#
# It may break off anywhere and be run again, also during a rotation: what services read is always taken. It asks for bash,
# jq and the AWS CLI, with rights to read and write the two secrets and to change the users.

set -euo pipefail

environment=${1:?"say which environment: staging or production"}
name="rates-$environment"
readonly LOOKS=120 PAUSE=5

# The current version, and the one beside it: that on its way, or else the one before, which instances may have still.
versions() {
    aws secretsmanager describe-secret --secret-id "$1" --output json | jq -r '
        def at($stage): map(select(.value | index($stage)))[0].key // empty;
        .VersionIdsToStages // {} | to_entries | at("AWSCURRENT") as $current |
            $current, (map(select(.key != $current)) | at("AWSPENDING") // at("AWSPREVIOUS"))'
}

# Not in one pipe: what can't be had must not be put there as nothing.
make_secret() {
    local made user
    user=$(aws elasticache describe-users --user-id "$2" --output json)
    made=$(aws secretsmanager get-random-password --password-length 64 --exclude-punctuation --output json)
    jq --argjson user "$user" '$user.Users[0] as {$UserName, $ARN} |
        {username: $UserName, password: .RandomPassword, user_arn: $ARN}' <<<"$made" |
        aws secretsmanager put-secret-value --secret-id "$1" --secret-string file:///dev/stdin >/dev/null
}

# Of these versions. A failure is said by hand: bash goes on after one in a substitution.
passwords() {
    local found version
    for version in $2; do
        found=$(aws secretsmanager get-secret-value --secret-id "$1" --version-id "$version" --output json) || exit 1
        jq '.SecretString | fromjson | .password' <<<"$found"
    done | jq -s unique
}

# A change is seen a moment after it was asked for, so that the first look comes after a pause.
wait_for_user() {
    local seen
    for ((look = 0; look < LOOKS; look++)); do
        sleep "$PAUSE"
        seen=$(aws elasticache describe-users --user-id "$1" --output json)
        if jq -e '.Users[0].Status == "active"' <<<"$seen" >/dev/null; then return 0; fi
    done
    echo "users: $1 is still changing" >&2
    return 1
}

# On standard input, so that no password shows among the processes of this machine.
tell_redis() {
    local taken
    taken=$(passwords "$2" "$3")
    jq -n --arg id "$1" --argjson passwords "$taken" '{UserId: $id, Passwords: $passwords}' |
        aws elasticache modify-user --cli-input-json file:///dev/stdin >/dev/null
    wait_for_user "$1"
}

for user in rates_sync rates_api; do
    id="$name-${user//_/-}" secret="$name/redis/$user"
    known=$(versions "$secret")
    if [ -z "$known" ]; then
        make_secret "$secret" "$id"
        known=$(versions "$secret")
    fi
    tell_redis "$id" "$secret" "$known"
    echo "users: $user takes what $secret says"
done
