# What production refuses, whatever its variable file says.

run "a_zone_that_cuts_off_the_rest" {
  command = plan

  variables {
    environment  = "production"
    nat_gateways = 1
  }

  expect_failures = [var.nat_gateways]
}

run "unprotected" {
  command = plan

  variables {
    environment         = "production"
    deletion_protection = false
  }

  expect_failures = [var.deletion_protection]
}

run "alerts_to_nobody" {
  command = plan

  variables {
    environment  = "production"
    alert_emails = []
  }

  expect_failures = [var.alert_emails]
}

run "a_short_memory" {
  command = plan

  variables {
    environment           = "production"
    backup_retention_days = 7
  }

  expect_failures = [var.backup_retention_days]
}

run "a_smaller_redis" {
  command = plan

  variables {
    environment     = "production"
    cache_node_type = "cache.t4g.small"
  }

  expect_failures = [var.cache_node_type]
}

run "a_name_elsewhere" {
  command = plan

  variables {
    domain_name = "rates.example.org"
  }

  expect_failures = [var.domain_name]
}

run "zones_elsewhere" {
  command = plan

  variables {
    availability_zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
  }

  expect_failures = [var.availability_zones]
}

run "a_third_environment" {
  command = plan

  variables {
    environment = "test"
  }

  expect_failures = [var.environment]
}
