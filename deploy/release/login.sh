#!/usr/bin/env bash
# Assume an AWS role for the rest of a workflow's job, with GitHub's OpenID Connect token: no AWS key is stored
# anywhere. The job needs `permissions: id-token: write`.
#
#   login.sh arn:aws:iam::…:role/… us-east-1            for an hour
#   login.sh arn:aws:iam::…:role/… us-east-1 7200       for two, which the role must allow

set -euo pipefail

role=${1:?"role is missing"} region=${2:?"region is missing"} seconds=${3:-3600}

identity=$(curl --fail --silent --show-error --header "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \
    "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=sts.amazonaws.com" | jq -er .value)

credentials=$(aws sts assume-role-with-web-identity --region "$region" --role-arn "$role" \
    --role-session-name "github-${GITHUB_RUN_ID:?}" --web-identity-token "$identity" \
    --duration-seconds "$seconds" --query Credentials --output json)

for name in AccessKeyId SecretAccessKey SessionToken; do
    echo "::add-mask::$(jq -er ".$name" <<<"$credentials")"
done
jq -r --arg region "$region" '
    "AWS_ACCESS_KEY_ID=\(.AccessKeyId)",
    "AWS_SECRET_ACCESS_KEY=\(.SecretAccessKey)",
    "AWS_SESSION_TOKEN=\(.SessionToken)",
    "AWS_REGION=\($region)"' <<<"$credentials" >>"$GITHUB_ENV"
