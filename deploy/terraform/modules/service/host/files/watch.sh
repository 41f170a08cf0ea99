#!/usr/bin/env bash
# Keep the service alive, and let it go in good order.
#
# An instance's health is EC2's and the service's /livez, never its level and never its readiness: what
# fails for all instances at once (Redis, the database, Banxico) would have the group replace them all, in
# a loop. /readyz takes an instance out of rotation, at the load balancer; here only /livez counts. A
# service that is not alive is restarted, one that restarts do not help is reported to the group.

set -uo pipefail
# shellcheck source=/dev/null
source "${RATES_ETC:-/etc/rates}/host.env"

readonly PAUSE=5        # seconds between looks
readonly PATIENCE=3     # looks in a row without an answer, until it is restarted
readonly GRACE=6        # looks that a start may take
readonly RESTARTS=3     # in vain, until the group is told

metadata() {
    local token
    token=$(curl --fail --silent --max-time 2 --request PUT \
        --header "X-aws-ec2-metadata-token-ttl-seconds: 60" http://169.254.169.254/latest/api/token) &&
        curl --fail --silent --max-time 2 --header "X-aws-ec2-metadata-token: $token" \
            "http://169.254.169.254/latest/meta-data/$1"
}

is_leaving() { [ "$(metadata autoscaling/target-lifecycle-state)" = Terminated ]; }

is_alive() { curl --fail --silent --max-time 3 --output /dev/null "http://127.0.0.1:$PORT/livez"; }

# The group has taken the instance out of the target group and let its connections drain before it asks.
leave() {
    systemctl stop "$SERVICE.service"
    aws autoscaling complete-lifecycle-action --region "$REGION" --auto-scaling-group-name "$GROUP" \
        --lifecycle-hook-name terminate --instance-id "$(metadata instance-id)" \
        --lifecycle-action-result CONTINUE
}

give_up() {
    echo "watch: $SERVICE does not live after $RESTARTS restarts" >&2
    aws autoscaling set-instance-health --region "$REGION" --instance-id "$(metadata instance-id)" \
        --health-status Unhealthy
}

missed=0 restarts=0
while true; do
    if is_leaving; then
        leave
        exit 0
    fi
    if is_alive; then
        missed=0 restarts=0
    elif ((++missed >= PATIENCE)); then
        missed=-$GRACE
        if ((++restarts > RESTARTS)); then
            give_up
        else
            systemctl restart "$SERVICE.service"
        fi
    fi
    sleep "$PAUSE"
done
