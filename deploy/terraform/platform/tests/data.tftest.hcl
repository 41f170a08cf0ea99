# Run once for each environment, with its variable file.

run "secrets_by_arn" {
  command = apply

  assert {
    condition = (
      aws_ssm_parameter.this["database/writer_secret_arn"].value == module.database.writer_secret_arn
      && aws_ssm_parameter.this["database/reader_secret_arn"].value == module.database.reader_secret_arn
      && aws_ssm_parameter.this["cache/auth_secret_arn"].value == module.cache.auth_secret_arn
    )
    error_message = "The services must be told where their credentials are, each its own."
  }

  assert {
    condition = alltrue([
      for key, parameter in aws_ssm_parameter.this : startswith(parameter.value, "arn:") if endswith(key, "_arn")
    ])
    error_message = "What is called an ARN must be one: no secret may be handed over in its place."
  }

  assert {
    condition = (
      aws_ssm_parameter.this["database/writer_endpoint"].value == module.database.writer_endpoint
      && aws_ssm_parameter.this["database/reader_endpoint"].value == module.database.reader_endpoint
      && module.database.writer_endpoint != module.database.reader_endpoint
      && aws_ssm_parameter.this["cache/primary_endpoint"].value == module.cache.primary_endpoint
    )
    error_message = "The services must be told writer, reader and Redis apart."
  }
}
