#!/usr/bin/env bash
# Make the certificate of the last hop, from the load balancer, and its key, in one file in memory; anew at each start.
# Nobody issued it and nobody checks it: it keeps what is sent from being read on the way.

set -euo pipefail
umask 077
# shellcheck source=/dev/null
source "${RATES_ETC:-/etc/rates}/host.env"

readonly run=${RATES_RUN:-/run/rates}/tls owner=${RATES_OWNER:-10001:10001}

mkdir -p "$run"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 3650 -subj "/CN=$SERVICE" \
    -addext "subjectAltName = IP:127.0.0.1" -keyout "$run/key.pem" -out "$run/certificate.pem" 2>/dev/null
cat "$run/key.pem" >>"$run/certificate.pem"
rm "$run/key.pem"
chown --recursive "$owner" "$run"
