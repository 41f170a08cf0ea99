# The accounts of the two services, made when the data directory is. MySQL's entry point reads this file
# once, before the server listens on the network; the account and its password are those of the URL that
# the service itself gets.

account() {
    sed -n "s#^[a-z+]*://\([^:]*\):\([^@]*\)@.*#CREATE USER '\1'@'%' IDENTIFIED WITH caching_sha2_password BY '\2';#p" "$1"
}

{
    account /run/secrets/rates_sync_database_url
    account /run/secrets/rates_api_database_url
} | MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysql --user=root
