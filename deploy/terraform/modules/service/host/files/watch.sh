#!/usr/bin/env bash
# Watchdog: keep the service alive, and shut it down cleanly when the instance is terminated.
#
# An instance's health is EC2's status and the service's /livez, never its level or readiness: a failure that
# affects all instances at once (Redis, the database, Banxico) would make the group replace them all, in a
# loop. /readyz/fed only takes an instance out of rotation at the load balancer; here only /livez counts. A
# service that is not alive is restarted; if restarts don't help, the instance is reported to the group.

set -uo pipefail
# shellcheck source=/dev/null
source "${RATES_ETC:-/etc/rates}/host.env"

readonly PAUSE=5        # seconds between checks
readonly PATIENCE=3     # consecutive failed checks until a restart
readonly GRACE=6        # checks that a start may take
readonly RESTARTS=3     # failed restarts until the instance is reported

metadata() {
    local token
    token=$(curl --fail --silent --max-time 2 --request PUT \
        --header "X-aws-ec2-metadata-token-ttl-seconds: 60" http://169.254.169.254/latest/api/token) &&
        curl --fail --silent --max-time 2 --header "X-aws-ec2-metadata-token: $token" \
            "http://169.254.169.254/latest/meta-data/$1"
}

is_leaving() { [ "$(metadata autoscaling/target-lifecycle-state)" = Terminated ]; }

# The certificate is the instance's own, and this is the instance.
is_alive() { curl --fail --silent --insecure --max-time 3 --output /dev/null "$PROBE"; }

# By now the group has deregistered the instance from the target group and drained its connections.
leave() {
    systemctl stop "$SERVICE.service"
    aws autoscaling complete-lifecycle-action --region "$REGION" --auto-scaling-group-name "$GROUP" \
        --lifecycle-hook-name terminate --instance-id "$(metadata instance-id)" \
        --lifecycle-action-result CONTINUE
}

give_up() {
    echo "watch: $SERVICE is not alive after $RESTARTS restarts" >&2
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
