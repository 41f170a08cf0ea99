# Creates the two services' accounts together with the data directory. MySQL's entry point sources this file
# once, before the server listens on the network; name and password come from the URL that the service itself
# uses.

account() {
    sed -n "s#^[a-z+]*://\([^:]*\):\([^@]*\)@.*#CREATE USER '\1'@'%' IDENTIFIED WITH caching_sha2_password BY '\2';#p" "$1"
}

{
    account /run/secrets/rates_sync_database_url
    account /run/secrets/rates_api_database_url
} | MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysql --user=root
