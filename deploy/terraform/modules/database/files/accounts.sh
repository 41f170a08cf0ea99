#!/usr/bin/env bash
# Make the two users of the database, with the passwords of their secrets and the grants that compose has.
#
#   accounts.sh staging            made once, before rates-sync is deployed first; again for new grants
#
# By the Data API, so that no host needs a way to the database. It asks for bash, jq and the AWS CLI, with
# rights to read the master's and the users' secrets. It can be run again: what is there stays, and so do
# passwords that have been rotated.

set -euo pipefail

environment=${1:?"say which environment: staging or production"}
grants="$(dirname "$0")/../../../../compose/mysql/20-grants.sql"
name="rates-$environment"

cluster=$(aws rds describe-db-clusters --db-cluster-identifier "$name" --query 'DBClusters[0]' --output json)
cluster_arn=$(jq -er .DBClusterArn <<<"$cluster")
master_arn=$(jq -er .MasterUserSecret.SecretArn <<<"$cluster")

# One statement; on standard input, so that no password shows among the processes of this machine.
run() {
    jq -n --arg resourceArn "$cluster_arn" --arg secretArn "$master_arn" --arg sql "$1" \
        '{$resourceArn, $secretArn, database: "rates", $sql}' |
        aws rds-data execute-statement --cli-input-json file:///dev/stdin >/dev/null
}

password_of() {
    aws secretsmanager get-secret-value --secret-id "$name/database/$1" --query SecretString --output text |
        jq -er .password
}

# The grants of compose, a statement a line, for the user and for its clone: the rotation copies grants
# to a clone only when it makes it.
grants_for() {
    sed -e 's/--.*$//' "$grants" | tr '\n' ' ' | tr ';' '\n' | grep -F "$1@" |
        sed -e 's/^ *//' -e "s/$1@/$2@/"
}

for user in rates_sync rates_api; do
    password=$(password_of "$user")
    for account in "$user" "${user}_clone"; do
        # The clone's first password opens nothing that the user's does not; the rotation replaces it.
        run "CREATE USER IF NOT EXISTS '$account'@'%' IDENTIFIED BY '$password'"
        while IFS= read -r grant; do
            run "$grant"
        done < <(grants_for "$user" "$account")
        echo "$account is there, with its grants"
    done
done
