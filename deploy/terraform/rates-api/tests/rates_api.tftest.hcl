# rates-api gets what it needs from the platform, and no more.
variables {
  environment         = "production"
  region              = "us-east-1"
  instance_type       = "t3.medium"
  memory_mib          = 3072
  workers             = 2
  min_size            = 2
  max_size            = 10
  requests_per_second = 50
  signing_keys        = []
}

# The platform's parameters.
override_data {
  target = data.http.authorities
  values = { status_code = 200, response_body = "-----BEGIN CERTIFICATE-----\nmade up\n-----END CERTIFICATE-----\n" }
}

override_data {
  target = data.aws_ssm_parameter.handed["cache/reader_secret_arn"]
  values = { insecure_value = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rates-production/redis/rates_api-AbCdEf" }
}

override_data {
  target = data.aws_ssm_parameter.handed["cache/primary_endpoint"]
  values = { insecure_value = "primary.redis.example" }
}

override_data {
  target = data.aws_ssm_parameter.handed["database/name"]
  values = { insecure_value = "rates" }
}

override_data {
  target = data.aws_ssm_parameter.handed["database/reader_endpoint"]
  values = { insecure_value = "reader.aurora.example" }
}

override_data {
  target = data.aws_ssm_parameter.handed["database/reader_secret_arn"]
  values = { insecure_value = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rates-production/database/rates_api-AbCdEf" }
}

override_data {
  target = data.aws_ssm_parameter.handed["database/writer_endpoint"]
  values = { insecure_value = "writer.aurora.example" }
}

override_data {
  target = data.aws_ssm_parameter.handed["edge/alb_arn_suffix"]
  values = { insecure_value = "app/rates-production/0123456789abcdef" }
}

override_data {
  target = data.aws_ssm_parameter.handed["edge/rate_limit"]
  values = { insecure_value = "60000" }
}

override_data {
  target = data.aws_ssm_parameter.handed["edge/rate_window_seconds"]
  values = { insecure_value = "60" }
}

override_data {
  target = data.aws_ssm_parameter.handed["edge/target_group_arn"]
  values = { insecure_value = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/rates-production-rates-api/0123456789abcdef" }
}

override_data {
  target = data.aws_ssm_parameter.handed["edge/target_group_arn_suffix"]
  values = { insecure_value = "targetgroup/rates-production-rates-api/0123456789abcdef" }
}

override_data {
  target = data.aws_ssm_parameter.handed["keys/data_arn"]
  values = { insecure_value = "arn:aws:kms:us-east-1:123456789012:key/data" }
}

override_data {
  target = data.aws_ssm_parameter.handed["keys/logs_arn"]
  values = { insecure_value = "arn:aws:kms:us-east-1:123456789012:key/logs" }
}

override_data {
  target = data.aws_ssm_parameter.handed["keys/secrets_arn"]
  values = { insecure_value = "arn:aws:kms:us-east-1:123456789012:key/secrets" }
}

override_data {
  target = data.aws_ssm_parameter.handed["network/private_subnet_ids"]
  values = { insecure_value = "subnet-a,subnet-b,subnet-c" }
}

override_data {
  target = data.aws_ssm_parameter.handed["network/security_groups/rates_api"]
  values = { insecure_value = "sg-0123456789abcdef0" }
}

override_data {
  target = data.aws_ssm_parameter.handed["rates-api/image"]
  values = { insecure_value = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rates-production/rates-api@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
}

run "is_told_what_it_needs" {
  command = plan

  # Gets everything from the platform through parameters.

  assert {
    condition     = alltrue([for key, p in data.aws_ssm_parameter.handed : p.name == "/rates/production/${key}"])
    error_message = "The platform's parameters must be under the environment's path."
  }

  assert {
    condition     = !can(regex("terraform_remote_state", join("", [for f in fileset(path.module, "*.tf") : file("${path.module}/${f}")])))
    error_message = "A service must not read another state."
  }

  # Sets only variables that the service reads.

  assert {
    condition = alltrue([
      for line in compact(split("\n", output.files["/etc/rates/service.env"].content)) :
      strcontains(file("${path.module}/../../../.env.example"), "\n# ${replace(split("=", line)[0], "/_FILE$/", "")}=")
    ])
    error_message = "Every variable must be in .env.example, which a test compares with the service's settings."
  }

  assert {
    condition     = alltrue([for name in ["RATES_API_DATABASE_URL", "RATES_API_REDIS_URL"] : strcontains(output.files["/etc/rates/service.env"].content, "${name}_FILE=/run/secrets/")])
    error_message = "Every setting without a default must be passed, as a file."
  }

  assert {
    condition     = alltrue([for s in jsondecode(output.files["/etc/rates/secrets.json"].content) : strcontains(output.files["/etc/rates/service.env"].content, "_FILE=/run/secrets/${s.file}\n")])
    error_message = "Every fetched secret must be the file of a variable."
  }

  # Connects over TLS.

  assert {
    condition = alltrue([
      for s in jsondecode(output.files["/etc/rates/secrets.json"].content) :
      s.template == null || startswith(coalesce(s.template, "-"), "rediss://") || endswith(coalesce(s.template, "-"), "?ssl_ca=/etc/rates/authorities.pem")
    ])
    error_message = "Redis must use TLS, and the database TLS that trusts only Amazon's CAs."
  }

  assert {
    condition     = strcontains(output.files["/etc/systemd/system/rates-api.service"].content, "--volume /etc/rates/authorities.pem:/etc/rates/authorities.pem:ro")
    error_message = "The CA file in the URL must exist in the container."
  }

  # Both endpoints use the read-only user.

  assert {
    condition = {
      for s in jsondecode(output.files["/etc/rates/secrets.json"].content) : s.file => s.secret if startswith(s.file, "database")
      } == {
      database_url         = local.platform["database/reader_secret_arn"]
      database_primary_url = local.platform["database/reader_secret_arn"]
    }
    error_message = "On the writer endpoint, too, rates-api must be read-only (rule R2)."
  }

  assert {
    condition = (
      strcontains(one([for s in jsondecode(output.files["/etc/rates/secrets.json"].content) : s.template if s.file == "database_url"]), "@reader.aurora.example:3306/rates?") &&
      strcontains(one([for s in jsondecode(output.files["/etc/rates/secrets.json"].content) : s.template if s.file == "database_primary_url"]), "@writer.aurora.example:3306/rates?")
    )
    error_message = "The reader endpoint must come first, the writer last."
  }

  # Twenty connections per instance.

  assert {
    condition     = strcontains(output.files["/etc/rates/service.env"].content, "RATES_API_WORKERS=2\n") && strcontains(output.files["/etc/rates/service.env"].content, "RATES_API_DATABASE_POOL=8\n")
    error_message = "Two workers must share the instance's 20 connections, those for evidence among them."
  }

  # The edge's limit.

  assert {
    condition     = strcontains(output.files["/etc/rates/service.env"].content, "RATES_API_EDGE_LIMIT=60000\n") && strcontains(output.files["/etc/rates/service.env"].content, "RATES_API_EDGE_LIMIT_WINDOW=60\n")
    error_message = "It must tell clients the limit that AWS WAF enforces before it."
  }

  # Pins no key unless it is given one.

  assert {
    condition     = !strcontains(output.files["/etc/rates/service.env"].content, "RATES_API_SIGNING_KEYS")
    error_message = "Without a key to pin there must be no setting for it."
  }

  # Drains before it stops.

  assert {
    condition     = strcontains(output.files["/etc/rates/service.env"].content, "RATES_API_DRAIN=20\n") && strcontains(output.files["/etc/systemd/system/rates-api.service"].content, "docker stop --time 40 ")
    error_message = "It must not be killed before it has drained and finished its open requests."
  }
}

run "pins_the_public_keys_that_it_is_given" {
  command = plan

  variables {
    signing_keys = ["RNI8E4VPQBUcqWA42RtT1TSD4ppKuqJPSbt0anVctJM", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"]
  }

  assert {
    condition     = strcontains(output.files["/etc/rates/service.env"].content, "RATES_API_SIGNING_KEYS=RNI8E4VPQBUcqWA42RtT1TSD4ppKuqJPSbt0anVctJM,11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\n")
    error_message = "rates-api must be told every pinned key, separated by commas."
  }
}

run "refuses_a_key_with_padding" {
  command = plan

  variables {
    signing_keys = ["RNI8E4VPQBUcqWA42RtT1TSD4ppKuqJPSbt0anVctJM="]
  }

  expect_failures = [var.signing_keys]
}

run "refuses_a_key_in_the_other_base64" {
  command = plan

  variables {
    signing_keys = ["11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo"]
  }

  expect_failures = [var.signing_keys]
}

run "reads_the_readers_secret_and_the_auth_of_redis" {
  command = apply

  assert {
    condition = toset(flatten([
      for s in jsondecode(module.service.policies.secrets).Statement : s.Resource if contains(flatten([s.Action]), "secretsmanager:GetSecretValue")
    ])) == toset([local.platform["database/reader_secret_arn"], local.platform["cache/reader_secret_arn"]])
    error_message = "rates-api may read only its own users of the database and of Redis."
  }

  assert {
    condition     = alltrue([for document in module.service.policies : !can(regex("banxico|operator|rates_sync", document))])
    error_message = "rates-api must not be able to read the Banxico token, the operator token or the writer's credentials."
  }

  assert {
    condition     = alltrue([for document in module.service.policies : !can(regex("sns:|cloudfront:", document))])
    error_message = "rates-api must neither publish alerts nor purge the edge."
  }
}

run "refuses_workers_that_share_unevenly" {
  command = plan

  variables {
    workers = 3
  }

  expect_failures = [var.workers]
}
