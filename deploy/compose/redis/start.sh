#!/bin/sh
# Starts Redis with one user per service and nobody else (protocol rule 45); name and password come from the URL
# that the service itself uses. Further arguments are passed on to the server.
set -eu

# What the relay runs, what a worker runs, and what their clients do to connect.
# rates-sync's user also has what the runbooks ask.
sync='+xlen +info +scan +client|list +acl|log +watch +unwatch +multi +exec +type +mget +set +del +pttl +pexpire +xadd +xtrim +xrange +xinfo|stream'
api='+get +mget +xread +xrevrange +xinfo|stream'
everybody='+ping +select +client|setname +client|setinfo'

# The URL's own form is what Redis gets: an escaped character would be another password.
require_plain() {
    grep -Eq '^rediss?://[^:@%]+:[^@%]+@' "$1" && return
    echo "$1: needs a name and a password, both without escaped characters" >&2
    exit 1
}
require_plain /run/secrets/rates_sync_redis_url
require_plain /run/secrets/rates_api_redis_url

user() {
    sed -n "s#^[a-z]*://\([^:]*\):\([^@]*\)@.*#user \1 on >\2 resetchannels ~{rates:v1}:* -@all $everybody $2#p" "$1"
}

# The default user keeps the ping of the health check; "protected mode" would refuse everybody from other containers
# because it needs no password. Redis keeps nothing on disk: stream and documents are rebuilt from the record (rule R1).
exec redis-server --protected-mode no --save '' --appendonly no --maxmemory 96mb --maxmemory-policy noeviction "$@" - <<END
user default on nopass resetchannels resetkeys -@all +ping
$(user /run/secrets/rates_sync_redis_url "$sync")
$(user /run/secrets/rates_api_redis_url "$api")
END
