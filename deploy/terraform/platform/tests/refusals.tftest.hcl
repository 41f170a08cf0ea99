# Values that are rejected, whatever the variable file contains: exactly the listed variables.

run "production_without_its_guarantees" {
  command = plan

  variables {
    environment           = "production"
    nat_gateways          = 1
    deletion_protection   = false
    alert_emails          = []
    backup_retention_days = 7
    cache_node_type       = "cache.t4g.small"
  }

  expect_failures = [
    var.nat_gateways, var.deletion_protection, var.alert_emails, var.backup_retention_days, var.cache_node_type,
  ]
}

run "elsewhere_with_a_database_that_can_not_grow" {
  command = plan

  variables {
    environment        = "test"
    domain_name        = "rates.example.org"
    availability_zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    min_acu            = 4
    max_acu            = 4
  }

  expect_failures = [var.environment, var.domain_name, var.availability_zones, var.max_acu]
}
