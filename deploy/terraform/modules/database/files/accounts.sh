#!/usr/bin/env bash
# Bring the accounts of the database in line: the two services' users, each with its clone, the passwords
# that the secrets hold, the grants that compose has. A secret that holds none yet gets one.
#
#   accounts.sh staging      before the first deploy of rates-sync; to grant a new view; after a restore
#
# By the Data API, so that no host needs a way to the database. It asks for bash, jq and the AWS CLI, with
# rights to read the master's secret and to read and write the users'. It can be run again at any time: whoever is connected
# stays so, and the password that a secret holds is the one that its user has already.

set -euo pipefail

environment=${1:?"environment is missing: staging or production"}
grants="$(dirname "$0")/../../../../compose/mysql/20-grants.sql"
name="rates-$environment"

cluster=$(aws rds describe-db-clusters --db-cluster-identifier "$name" --query 'DBClusters[0]' --output json)
cluster_arn=$(jq -er .DBClusterArn <<<"$cluster")
master_arn=$(jq -er .MasterUserSecret.SecretArn <<<"$cluster")

# Run one statement; passed on standard input, so that no password shows up in the process list.
run() {
    jq -n --arg resourceArn "$cluster_arn" --arg secretArn "$master_arn" --arg sql "$1" \
        '{$resourceArn, $secretArn, database: "rates", $sql}' |
        aws rds-data execute-statement --cli-input-json file:///dev/stdin >/dev/null
}

secret_of() {
    aws secretsmanager get-secret-value --secret-id "$name/database/$1" --query SecretString --output text
}

put_secret() {
    aws secretsmanager put-secret-value --secret-id "$name/database/$1" --secret-string file:///dev/stdin >/dev/null
}

has_secret() {
    aws secretsmanager describe-secret --secret-id "$name/database/$1" --output json |
        jq -e '[.VersionIdsToStages // {} | .[][]] | index("AWSCURRENT")' >/dev/null
}

# The shape that the rotation asks for. The host is the writer's for both users: only there can a password change.
make_secret() {
    local made
    made=$(aws secretsmanager get-random-password --password-length 40 --exclude-punctuation --output json)
    jq -c --arg username "$1" --arg master "$master_arn" --argjson cluster "$cluster" '{
        engine: "mysql", host: $cluster.Endpoint, port: 3306, dbname: "rates",
        username: $username, password: .RandomPassword, masterarn: $master}' <<<"$made" |
        put_secret "$1"
}

# The grants of compose, a statement a line, for the user and for its clone: the rotation copies grants
# to a clone only when it makes it.
grants_for() {
    sed -e 's/--.*$//' "$grants" | tr '\n' ' ' | tr ';' '\n' | grep -F "$1@" |
        sed -e 's/^ *//' -e "s/$1@/$2@/"
}

for user in rates_sync rates_api; do
    has_secret "$user" || make_secret "$user"
    secret=$(secret_of "$user")
    current=$(jq -er .username <<<"$secret")
    password=$(jq -er .password <<<"$secret")
    for account in "$user" "${user}_clone"; do
        # At first the clone has its user's password, which adds no risk; the rotation replaces it.
        run "CREATE USER IF NOT EXISTS '$account'@'%' IDENTIFIED BY '$password'"
        while IFS= read -r grant; do
            run "$grant"
        done < <(grants_for "$user" "$account")
        echo "$account exists and has its grants"
    done
    # A restored database has old passwords and another master secret.
    run "ALTER USER '$current'@'%' IDENTIFIED BY '$password'"
    if [ "$(jq -r .masterarn <<<"$secret")" != "$master_arn" ]; then
        jq -c --arg master "$master_arn" '.masterarn = $master' <<<"$secret" | put_secret "$user"
    fi
done
