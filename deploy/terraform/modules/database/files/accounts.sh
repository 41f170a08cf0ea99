#!/usr/bin/env bash
# Create or update the database accounts: the two services' users, each with its clone, with the passwords
# from the secrets and the grants from compose.
#
#   accounts.sh staging      before the first deploy of rates-sync; to grant a new view; after a restore
#
# It uses the Data API, so that no host needs a route to the database. It needs bash, jq and the AWS CLI, with
# permission to read the master's and the users' secrets. It can be rerun at any time: open connections stay
# open, and each user keeps the password that its secret holds.

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

# Print compose's grants, one statement per line, for the user or its clone: the rotation copies grants
# to a clone only when it creates it.
grants_for() {
    sed -e 's/--.*$//' "$grants" | tr '\n' ' ' | tr ';' '\n' | grep -F "$1@" |
        sed -e 's/^ *//' -e "s/$1@/$2@/"
}

for user in rates_sync rates_api; do
    secret=$(secret_of "$user")
    current=$(jq -er .username <<<"$secret") password=$(jq -er .password <<<"$secret")
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
        jq -c --arg master "$master_arn" '.masterarn = $master' <<<"$secret" |
            aws secretsmanager put-secret-value --secret-id "$name/database/$user" \
                --secret-string file:///dev/stdin >/dev/null
    fi
done
