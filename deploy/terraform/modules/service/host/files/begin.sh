#!/usr/bin/env bash
# First boot of an instance: install what is missing, start the service, and report to the group whether it is
# alive. If it is not, the instance never goes into service and the group replaces it; a refresh that gets no
# healthy instance fails and is rolled back.

set -euo pipefail
# shellcheck source=/dev/null
source "${RATES_ETC:-/etc/rates}/host.env"

readonly ATTEMPTS=150 PAUSE=2

metadata() {
    local token
    token=$(curl --fail --silent --request PUT --header "X-aws-ec2-metadata-token-ttl-seconds: 60" \
        http://169.254.169.254/latest/api/token)
    curl --fail --silent --header "X-aws-ec2-metadata-token: $token" \
        "http://169.254.169.254/latest/meta-data/$1"
}

tell_group() {
    aws autoscaling complete-lifecycle-action --region "$REGION" --auto-scaling-group-name "$GROUP" \
        --lifecycle-hook-name launch --instance-id "$(metadata instance-id)" \
        --lifecycle-action-result "$1"
}

# The certificate is the instance's own, and this is the instance.
wait_until_alive() {
    for ((attempt = 0; attempt < ATTEMPTS; attempt++)); do
        if curl --fail --silent --insecure --max-time 3 --output /dev/null "$PROBE"; then
            return 0
        fi
        sleep "$PAUSE"
    done
    echo "begin: $SERVICE did not become alive" >&2
    return 1
}

abandon_unless_done() {
    if [ "$?" -ne 0 ]; then tell_group ABANDON; fi
}
trap abandon_unless_done EXIT

dnf install --assumeyes --quiet docker jq openssl amazon-cloudwatch-agent
systemctl daemon-reload
systemctl enable --now docker

agent=/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl
"${RATES_AGENT:-$agent}" -a fetch-config -m ec2 -c file:/etc/rates/agent.json
"${RATES_AGENT:-$agent}" -a append-config -m ec2 -c file:/etc/rates/collector.yaml -s

systemctl enable --now "$SERVICE.service"
wait_until_alive
systemctl enable --now rates-watch.service rates-secrets.timer
tell_group CONTINUE
