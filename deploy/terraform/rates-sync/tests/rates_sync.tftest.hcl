# rates-sync gets what it needs from the platform, and only it may publish alerts and purge the edge.
variables {
  environment   = "production"
  region        = "us-east-1"
  instance_type = "t3.medium"
  memory_mib    = 3072
  daily_quota   = 1000
}

# The platform's parameters.
override_data {
  target = data.http.authorities
  values = { status_code = 200, response_body = "-----BEGIN CERTIFICATE-----\nmade up\n-----END CERTIFICATE-----\n" }
}

override_data {
  target = data.aws_ssm_parameter.handed["alerts/topic_arn"]
  values = { insecure_value = "arn:aws:sns:us-east-1:123456789012:rates-production-alerts" }
}

override_data {
  target = data.aws_ssm_parameter.handed["cache/writer_secret_arn"]
  values = { insecure_value = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rates-production/redis/rates_sync-AbCdEf" }
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
  target = data.aws_ssm_parameter.handed["database/writer_endpoint"]
  values = { insecure_value = "writer.aurora.example" }
}

override_data {
  target = data.aws_ssm_parameter.handed["database/writer_secret_arn"]
  values = { insecure_value = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rates-production/database/rates_sync-AbCdEf" }
}

override_data {
  target = data.aws_ssm_parameter.handed["edge/distribution_arn"]
  values = { insecure_value = "arn:aws:cloudfront::123456789012:distribution/E0000000000000" }
}

override_data {
  target = data.aws_ssm_parameter.handed["edge/distribution_id"]
  values = { insecure_value = "E0000000000000" }
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
  target = data.aws_ssm_parameter.handed["keys/messages_arn"]
  values = { insecure_value = "arn:aws:kms:us-east-1:123456789012:key/messages" }
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
  target = data.aws_ssm_parameter.handed["network/security_groups/rates_sync"]
  values = { insecure_value = "sg-0fedcba9876543210" }
}

override_data {
  target = data.aws_ssm_parameter.handed["rates-sync/image"]
  values = { insecure_value = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rates-production/rates-sync@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
}

override_data {
  target = data.aws_ssm_parameter.handed["secrets/banxico_token_arn"]
  values = { insecure_value = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rates-production/banxico-token-AbCdEf" }
}

override_data {
  target = data.aws_ssm_parameter.handed["secrets/operator_token_arn"]
  values = { insecure_value = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rates-production/operator-token-AbCdEf" }
}

override_data {
  target = data.aws_ssm_parameter.handed["secrets/signing_key_arn"]
  values = { insecure_value = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rates-production/signing-key-AbCdEf" }
}

run "signs_once_it_has_an_issuer" {
  command = plan

  variables {
    issuer = "https://rates.example.com"
  }

  assert {
    condition = alltrue([
      for line in ["RATES_SYNC_ISSUER=https://rates.example.com", "RATES_SYNC_SIGNING_KEY_FILE=/run/secrets/signing_key"] :
      strcontains(output.files["/etc/rates/service.env"].content, "${line}\n")
    ])
    error_message = "rates-sync must be told who signs, and with which key."
  }

  assert {
    condition = contains(flatten([
      for s in jsondecode(module.service.policies.secrets).Statement : s.Resource if contains(flatten([s.Action]), "secretsmanager:GetSecretValue")
    ]), local.platform["secrets/signing_key_arn"])
    error_message = "rates-sync must be allowed to read the signing key."
  }
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
    condition     = alltrue([for name in ["RATES_SYNC_DATABASE_URL", "RATES_SYNC_REDIS_URL", "RATES_SYNC_BANXICO_TOKEN", "RATES_SYNC_OPERATOR_TOKEN"] : strcontains(output.files["/etc/rates/service.env"].content, "${name}_FILE=/run/secrets/")])
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
    condition     = strcontains(output.files["/etc/systemd/system/rates-sync.service"].content, "--volume /etc/rates/authorities.pem:/etc/rates/authorities.pem:ro")
    error_message = "The CA file in the URL must exist in the container."
  }

  # Two instances, a leader and a standby.

  assert {
    condition     = module.service.sizes == { min = 2, max = 2 }
    error_message = "There must always be two instances."
  }

  # Keeps 10 % of its traces.

  assert {
    condition     = strcontains(output.files["/etc/rates/service.env"].content, "RATES_SYNC_TRACE_SHARE=0.1\n") && !can(regex("sampler|sampling", output.files["/etc/rates/collector.yaml"].content))
    error_message = "Traces must be sampled at 10 % in the service, and not again in the collector."
  }
}

run "reads_its_four_secrets_and_alone_announces" {
  command = apply

  # Reads its four secrets.

  assert {
    condition = toset(flatten([
      for s in jsondecode(module.service.policies.secrets).Statement : s.Resource if contains(flatten([s.Action]), "secretsmanager:GetSecretValue")
      ])) == toset([for key in [
      "database/writer_secret_arn", "cache/writer_secret_arn", "secrets/banxico_token_arn", "secrets/operator_token_arn",
    ] : local.platform[key]])
    error_message = "rates-sync may read only the writing users and the tokens of Banxico and of the operators."
  }

  assert {
    condition     = alltrue([for s in jsondecode(output.files["/etc/rates/secrets.json"].content) : s.template == null if endswith(s.file, "_token")])
    error_message = "A token must be passed unchanged."
  }

  # Publishes alerts and purges the edge.

  assert {
    condition = {
      for s in jsondecode(module.service.policies.announces).Statement : s.Sid => flatten([s.Resource])
      } == {
      PublishAlerts = [local.platform["alerts/topic_arn"]]
      EncryptThem   = [local.platform["keys/messages_arn"]]
      PurgeTheEdge  = [local.platform["edge/distribution_arn"]]
    }
    error_message = "It must be able to publish to the alert topic and purge the one distribution."
  }

  assert {
    condition = (
      strcontains(output.files["/etc/rates/service.env"].content, "RATES_SYNC_SNS_TOPIC_ARN=${local.platform["alerts/topic_arn"]}\n") &&
      strcontains(output.files["/etc/rates/service.env"].content, "RATES_SYNC_CLOUDFRONT_DISTRIBUTION_ID=${local.platform["edge/distribution_id"]}\n")
    )
    error_message = "It must get the topic and the distribution that it may use."
  }
}

run "refuses_more_than_the_budget" {
  command = plan

  variables {
    daily_quota = 1001
  }

  expect_failures = [var.daily_quota]
}
