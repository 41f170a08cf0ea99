#!/usr/bin/env bash
# Restore the record into a cluster beside the old one, and let it take the old one's names
# (docs/disaster-recovery.md). A drill restores, looks, and drops what it made.
#
#   restore.sh staging beside 2026-11-28T12:00:00Z    into rates-staging-restored, with one instance
#   restore.sh staging beside                         the same, to the latest moment
#   restore.sh staging swap                           its timeline is raised, so that it shows (protocol rule 42);
#                                                     it becomes rates-staging; the old one, rates-staging-before
#   restore.sh staging drop                           delete rates-staging-restored
#
# Each step says how long it took. It asks for bash, jq and the AWS CLI.

set -euo pipefail

environment=${1:?"say which environment: staging or production"} step=${2:?"say beside, swap or drop"} moment=${3:-}
name="rates-$environment" restored="rates-$environment-restored"
readonly LOOKS=360 PAUSE=5 # half an hour

cluster() { aws rds describe-db-clusters --db-cluster-identifier "$1" --query 'DBClusters[0]' --output json; }

# Not a waiter of AWS's: it fails at once on a name that is not there yet, and ends at once on a change that has not
# begun (botocore: rds, waiters-2).
wait_for() {
    local seen
    for ((look = 0; look < LOOKS; look++)); do
        sleep "$PAUSE"
        seen=$(cluster "$1" 2>/dev/null) || continue
        if jq -e "$2" <<<"$seen" >/dev/null; then return 0; fi
    done
    echo "restore: $1 is not ready" >&2
    return 1
}

beside() {
    local old arn point
    old=$(cluster "$name")
    point=(--use-latest-restorable-time)
    if [ -n "$moment" ]; then point=(--restore-to-time "$moment"); fi
    aws rds restore-db-cluster-to-point-in-time --source-db-cluster-identifier "$name" \
        --db-cluster-identifier "$restored" "${point[@]}" \
        --db-subnet-group-name "$(jq -er .DBSubnetGroup <<<"$old")" \
        --vpc-security-group-ids "$(jq -er '.VpcSecurityGroups[0].VpcSecurityGroupId' <<<"$old")" \
        --db-cluster-parameter-group-name "$(jq -er .DBClusterParameterGroup <<<"$old")" \
        --kms-key-id "$(jq -er .KmsKeyId <<<"$old")" \
        --serverless-v2-scaling-configuration MinCapacity=2,MaxCapacity=16 \
        --enable-cloudwatch-logs-exports audit error slowquery --deletion-protection >/dev/null
    aws rds create-db-instance --db-cluster-identifier "$restored" --engine aurora-mysql \
        --db-instance-identifier "$restored-1" --db-instance-class db.serverless >/dev/null
    aws rds wait db-instance-available --db-instance-identifier "$restored-1"
    # A cluster that is not Serverless v1 ignores --enable-http-endpoint of modify-db-cluster.
    arn=$(cluster "$restored" | jq -er .DBClusterArn)
    aws rds enable-http-endpoint --resource-arn "$arn" >/dev/null
    aws rds modify-db-cluster --db-cluster-identifier "$restored" --apply-immediately --manage-master-user-password \
        --master-user-secret-kms-key-id "$(jq -er .MasterUserSecret.KmsKeyId <<<"$old")" >/dev/null
    wait_for "$restored" '.Status == "available" and .HttpEndpointEnabled and .MasterUserSecret.SecretStatus == "active"'
    newest
}

# Run one statement in the restored cluster.
sql() {
    cluster "$restored" | jq -e --arg sql "$1" \
        '{resourceArn: .DBClusterArn, secretArn: .MasterUserSecret.SecretArn, database: "rates", $sql}' |
        aws rds-data execute-statement --cli-input-json file:///dev/stdin --output json
}

# What a drill must show: the record is there, up to which event.
newest() {
    sql "SELECT timeline, position FROM head_v1" |
        jq -r '"restore: the record ends at timeline, position: \([.records[0][] | to_entries[0].value | tostring] | join(", "))"'
}

rename() {
    aws rds modify-db-cluster --apply-immediately --db-cluster-identifier "$1" --new-db-cluster-identifier "$2" >/dev/null
    wait_for "$2" '.Status == "available"'
}

drop() {
    aws rds delete-db-instance --db-instance-identifier "$restored-1" --skip-final-snapshot >/dev/null
    aws rds wait db-instance-deleted --db-instance-identifier "$restored-1"
    aws rds modify-db-cluster --db-cluster-identifier "$restored" --apply-immediately --no-deletion-protection >/dev/null
    aws rds delete-db-cluster --db-cluster-identifier "$restored" --skip-final-snapshot >/dev/null
}

SECONDS=0
case $step in
beside) beside ;;
swap)
    cluster "$restored" >/dev/null
    sql "UPDATE head SET timeline = timeline + 1" >/dev/null
    rename "$name" "$name-before"
    rename "$restored" "$name"
    ;;
drop) drop ;;
*) echo "restore: say beside, swap or drop" >&2 && exit 2 ;;
esac
echo "restore: $step took $SECONDS s"
