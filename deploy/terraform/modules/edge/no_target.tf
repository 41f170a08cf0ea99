# The static page also when the load balancer has no target: its own 503 differs from the API's only by headers, and
# CloudFront shows error pages by status alone. The function runs for what CloudFront's cache does not answer.

data "archive_file" "no_target" {
  type        = "zip"
  output_path = "${path.root}/.terraform/no-target.zip"

  source {
    filename = "no_target.py"
    content  = file("${path.module}/files/no_target.py")
  }

  source {
    filename = "unavailable.html"
    content  = file("${path.module}/files/unavailable.html")
  }
}

data "aws_iam_policy_document" "no_target_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com", "edgelambda.amazonaws.com"]
    }
  }
}

# Without a policy: the function calls nothing. Its log would lie in whatever region it runs in, under no key and for
# ever; CloudFront's access log and its metrics of Lambda tell enough.
resource "aws_iam_role" "no_target" {
  name               = "${var.name}-no-target"
  description        = "The function that shows the static page for a load balancer without targets."
  assume_role_policy = data.aws_iam_policy_document.no_target_trust.json
}

resource "aws_lambda_function" "no_target" {
  #checkov:skip=CKV_AWS_50:It is not traced: it has no right to write anything.
  #checkov:skip=CKV_AWS_115:At the edge no concurrency can be reserved.
  #checkov:skip=CKV_AWS_116:It answers; nothing is left to be retried.
  #checkov:skip=CKV_AWS_117:At the edge there is no VPC.
  #checkov:skip=CKV_AWS_272:Its code comes with the configuration, from the repository.
  region = local.cloudfront_region

  function_name    = "${var.name}-no-target"
  description      = "The static page in place of the 503 of a load balancer without targets"
  role             = aws_iam_role.no_target.arn
  runtime          = "python3.13"
  handler          = "no_target.answer"
  filename         = data.archive_file.no_target.output_path
  source_code_hash = data.archive_file.no_target.output_base64sha256
  memory_size      = 128
  timeout          = 3

  # CloudFront takes a numbered version only.
  publish = true
}
