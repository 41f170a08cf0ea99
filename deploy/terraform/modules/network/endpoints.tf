# VPC endpoints for AWS services, and the VPC's flow logs.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  region = data.aws_region.current.region

  # What instances read of S3; nothing is written there through the endpoint, to nobody's bucket.
  readable = [
    # https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html (layers of images)
    "prod-${local.region}-starport-layer-bucket",
    # https://docs.aws.amazon.com/linux/al2023/ug/managing-repos-os-updates.html (the system's packages)
    "al2023-repos-${local.region}-de612dc2",
  ]
}

data "aws_iam_policy_document" "s3" {
  statement {
    sid       = "LayersAndPackages"
    actions   = ["s3:GetObject"]
    resources = [for bucket in local.readable : "arn:${data.aws_partition.current.partition}:s3:::${bucket}/*"]

    # Packages are fetched without credentials, layers by URLs that ECR has signed: no account to ask for.
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

# Whoever has broken into an instance can't send data out with the credentials of another account.
data "aws_iam_policy_document" "endpoint" {
  #checkov:skip=CKV_AWS_1:What a role of this account may do is in its own policies.
  #checkov:skip=CKV_AWS_111:What a role of this account may do is in its own policies.
  #checkov:skip=CKV_AWS_356:What a role of this account may do is in its own policies.
  #checkov:skip=CKV_AWS_107:What a role of this account may do is in its own policies.
  #checkov:skip=CKV_AWS_108:What a role of this account may do is in its own policies.
  #checkov:skip=CKV_AWS_109:What a role of this account may do is in its own policies.
  #checkov:skip=CKV_AWS_110:What a role of this account may do is in its own policies.
  #checkov:skip=CKV_AWS_49:What a role of this account may do is in its own policies.
  #checkov:skip=CKV_AWS_283:Any principal of this account.
  #checkov:skip=CKV2_AWS_40:What a role of this account may do is in its own policies.
  statement {
    sid       = "RolesOfThisAccount"
    actions   = ["*"]
    resources = ["*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${data.aws_region.current.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [for table in aws_route_table.private : table.id]
  policy            = data.aws_iam_policy_document.s3.json

  tags = { Name = "${var.name}-s3" }
}

resource "aws_vpc_endpoint" "interface" {
  for_each = var.interface_endpoints

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${data.aws_region.current.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  policy              = data.aws_iam_policy_document.endpoint.json
  subnet_ids          = [for zone in local.outlets : aws_subnet.private[zone].id]
  security_group_ids  = [aws_security_group.this["endpoints"].id]

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_cloudwatch_log_group" "flow" {
  #checkov:skip=CKV_AWS_338:Logs are kept 7 days, by requirement; the audit trail, 2 years, is CloudTrail's.
  name              = "/${replace(var.name, "-", "/")}/network"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["vpc-flow-logs.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "flow" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    resources = ["${aws_cloudwatch_log_group.flow.arn}:*"]
  }
}

resource "aws_iam_role" "flow" {
  name               = "${var.name}-flow-logs"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "flow" {
  name   = "write-flow-logs"
  role   = aws_iam_role.flow.id
  policy = data.aws_iam_policy_document.flow.json
}

resource "aws_flow_log" "this" {
  vpc_id                   = aws_vpc.this.id
  traffic_type             = "ALL"
  log_destination_type     = "cloud-watch-logs"
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  max_aggregation_interval = 600

  tags = { Name = var.name }
}
