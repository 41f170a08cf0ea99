# The permissions of an instance: the rendered policy documents.
variables {
  environment  = "production"
  service      = "rates-api"
  image        = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rates-production/rates-api@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  min_size     = 2
  max_size     = 10
  subnet_ids   = ["subnet-a", "subnet-b", "subnet-c"]
  probe_port   = 8000
  metrics_port = 8010
  settings     = { RATES_API_WORKERS = "2" }
  authorities  = "-----BEGIN CERTIFICATE-----\nmade up\n-----END CERTIFICATE-----\n"
  metrics      = [{ metric = "rates_api_redis_up", dimensions = [] }]

  security_group_id   = "sg-0123456789abcdef0"
  secrets_kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/secrets"
  logs_kms_key_arn    = "arn:aws:kms:us-east-1:123456789012:key/logs"
  data_kms_key_arn    = "arn:aws:kms:us-east-1:123456789012:key/data"

  secrets = {
    RATES_API_DATABASE_URL = {
      arn      = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rates-production/database/rates_api-AbCdEf"
      template = "mysql+asyncmy://{username}:{password}@reader:3306/rates?ssl_ca=/etc/rates/authorities.pem"
    }
    RATES_API_REDIS_URL = {
      arn      = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rates-production/redis/rates_api-AbCdEf"
      template = "rediss://{username}:{password}@primary:6379/0"
    }
  }

  balanced = {
    target_group_arn        = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/rates-api/0123456789abcdef"
    target_group_arn_suffix = "targetgroup/rates-api/0123456789abcdef"
    alb_arn_suffix          = "app/rates-production/0123456789abcdef"
  }
}

run "has_its_own_rights_alone" {
  command = apply

  # Reads only its own secrets.

  assert {
    condition = toset(flatten([
      for s in jsondecode(output.policies.secrets).Statement : s.Resource if contains(flatten([s.Action]), "secretsmanager:GetSecretValue")
    ])) == toset([for secret in var.secrets : secret.arn])
    error_message = "An instance can read only its service's secrets."
  }

  assert {
    condition = alltrue([
      for document in output.policies : alltrue([
        for s in jsondecode(document).Statement : !anytrue([for a in flatten([s.Action]) : startswith(a, "secretsmanager:") && a != "secretsmanager:GetSecretValue"])
      ])
    ])
    error_message = "An instance can read secrets but not change them."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(output.policies.secrets).Statement :
      s.Condition.StringEquals["kms:ViaService"] == "secretsmanager.us-east-1.amazonaws.com" &&
      toset(flatten([s.Condition.StringEquals["kms:EncryptionContext:SecretARN"]])) == toset([for secret in var.secrets : secret.arn])
      if flatten([s.Action]) == ["kms:Decrypt"]
    ])
    error_message = "It can decrypt only its own secrets, through Secrets Manager."
  }

  # Publishes and purges nothing by default.

  assert {
    condition     = toset(keys(output.policies)) == toset(["host", "secrets"]) && length(aws_iam_role_policy.announces) == 0
    error_message = "Without a topic and a distribution there is no policy document for them."
  }

  assert {
    condition = alltrue([
      for document in output.policies : !can(regex("sns:|cloudfront:", document))
    ])
    error_message = "rates-api neither publishes alerts nor purges the edge."
  }

  assert {
    condition     = strcontains(output.files["/etc/systemd/system/rates-api.service"].content, "--uid-owner 10001 --jump REJECT")
    error_message = "A service that does not call AWS gets no instance credentials."
  }

  # Has the minimum that a host needs.

  assert {
    condition = toset([
      for s in jsondecode(output.policies.host).Statement : s.Sid if contains(flatten([s.Resource]), "*")
    ]) == toset(["BeManagedBySessionManagerAndRunCommand", "LogInToTheRegistry", "SendFigures", "SendTraces"])
    error_message = "Only actions without resource-level permissions are allowed on \"*\"."
  }

  assert {
    condition     = alltrue([for s in jsondecode(output.policies.host).Statement : alltrue([for a in flatten([s.Action]) : !strcontains(a, "*")])])
    error_message = "No action has a wildcard."
  }

  assert {
    condition     = !can(regex("ssm:GetParameter", output.policies.host))
    error_message = "An instance reads no SSM parameter: what it needs is in its user data."
  }

  assert {
    condition     = one([for s in jsondecode(output.policies.host).Statement : s.Condition.StringEquals["cloudwatch:namespace"] if s.Sid == "SendFigures"]) == "Rates"
    error_message = "Metrics go to one namespace."
  }

  assert {
    condition     = one([for s in jsondecode(output.policies.host).Statement : s.Resource if s.Sid == "TellTheGroup"]) == "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:*:autoScalingGroupName/rates-production-rates-api"
    error_message = "An instance can signal only its own group."
  }

  assert {
    condition     = one([for s in jsondecode(output.policies.host).Statement : s.Resource if s.Sid == "PullTheImage"]) == aws_ecr_repository.this.arn && one([for s in jsondecode(output.policies.host).Statement : s.Resource if s.Sid == "WriteTheLog"]) == "${aws_cloudwatch_log_group.this.arn}:*"
    error_message = "An instance can pull only its service's images and write only its service's log."
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal.Service == "ec2.amazonaws.com" && aws_launch_template.this.iam_instance_profile[0].arn == aws_iam_instance_profile.this.arn && aws_iam_instance_profile.this.role == aws_iam_role.this.name
    error_message = "Instances have the role."
  }

  assert {
    condition     = alltrue([for policy in [aws_iam_role_policy.host, aws_iam_role_policy.secrets] : policy.role == aws_iam_role.this.id]) && aws_iam_role_policy.host.policy == output.policies.host && aws_iam_role_policy.secrets.policy == output.policies.secrets
    error_message = "The documents tested here are the ones attached to the role."
  }
}

run "announces_what_it_is_told" {
  command = plan

  variables {
    service          = "rates-sync"
    balanced         = null
    max_size         = 2
    singleton_metric = "rates_sync_leader"
    announces = {
      topic_arn        = "arn:aws:sns:us-east-1:123456789012:rates-production-alerts"
      topic_key_arn    = "arn:aws:kms:us-east-1:123456789012:key/messages"
      distribution_arn = "arn:aws:cloudfront::123456789012:distribution/E0000000000000"
    }
  }

  assert {
    condition = {
      for s in jsondecode(output.policies.announces).Statement : s.Sid => [flatten([s.Action]), flatten([s.Resource])] if s.Sid != "EncryptThem"
      } == {
      PublishAlerts = [["sns:Publish"], [var.announces.topic_arn]]
      PurgeTheEdge  = [["cloudfront:CreateInvalidation"], [var.announces.distribution_arn]]
    }
    error_message = "It can publish to this topic and purge this distribution, nothing else."
  }

  assert {
    condition     = !strcontains(output.files["/etc/systemd/system/rates-sync.service"].content, "--jump REJECT")
    error_message = "A service that calls AWS gets its instance's credentials."
  }
}

# Every one of these must be rejected.
run "refuses_a_secret_in_user_data_and_one_that_is_not_an_arn" {
  command = plan

  variables {
    settings = { RATES_SYNC_BANXICO_TOKEN = "t" }
    secrets  = { RATES_API_DATABASE_URL = { arn = "mysql+asyncmy://rates_api:password@host/rates" } }
  }

  expect_failures = [var.settings, var.secrets]
}

run "refuses_a_url_without_tls" {
  command = plan

  variables {
    secrets = {
      RATES_API_REDIS_URL = {
        arn      = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rates-production/redis/rates_api-AbCdEf"
        template = "redis://{username}:{password}@primary:6379/0"
      }
    }
  }

  expect_failures = [var.secrets]
}
