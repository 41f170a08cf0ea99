#!/usr/bin/env bash
# Fetch the service's secrets into files in memory that only its user can read.
#
#   secrets.sh             before the service starts
#   secrets.sh restart     the same; restarts the service if a secret has changed
#
# If Secrets Manager does not answer, the present secrets stay: a restart must not depend on it.

set -euo pipefail
umask 077
# shellcheck source=/dev/null
source "${RATES_ETC:-/etc/rates}/host.env"

readonly etc=${RATES_ETC:-/etc/rates} run=${RATES_RUN:-/run/rates} owner=${RATES_OWNER:-10001:10001}

# The secret itself, or a template with the secret's {fields} filled in, URL-encoded.
# shellcheck disable=SC2016
readonly render='
    rtrimstr("\n") | if $template == "" then . else
        fromjson as $secret | $template | gsub("\\{(?<field>[a-z]+)\\}";
            $secret[.field] // error("the secret has no field \(.field)") | tostring | @uri)
    end'

fetch() {
    local entry file secret template
    while IFS= read -r entry; do
        file=$(jq -er .file <<<"$entry")
        secret=$(jq -er .secret <<<"$entry")
        template=$(jq -r '.template // ""' <<<"$entry")
        aws secretsmanager get-secret-value --region "$REGION" --secret-id "$secret" \
            --query SecretString --output text |
            jq -Rsrj --arg template "$template" "$render" >"$1/$file" || return 1
        chmod 0400 "$1/$file"
    done < <(jq -c '.[]' "$etc/secrets.json")
}

mkdir -p "$run"
new=$(mktemp -d "$run/new.XXXXXX")
trap 'rm -rf "$new"' EXIT

if ! fetch "$new"; then
    echo "secrets: could not read all of them" >&2
    [ -d "$run/secrets" ] && exit 0
    exit 1
fi
if diff --recursive --brief "$new" "$run/secrets" >/dev/null 2>&1; then exit 0; fi

chown --recursive "$owner" "$new"
rm -rf "$run/secrets"
mv "$new" "$run/secrets"
if [ "${1-}" = restart ]; then systemctl try-restart "$SERVICE.service"; fi
