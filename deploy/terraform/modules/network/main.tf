# The VPC: three zones, each with a public subnet (load balancer, NAT), a private one (instances) and an isolated one
# (databases, no route out).

data "aws_region" "current" {}

locals {
  zones = { for index, zone in var.availability_zones : zone => index }

  # A /16 as 16 blocks of /20. The first contains the /24s of the public subnets and, from its middle on, those of the
  # databases; the next three are the private subnets; the rest is free for growth.
  public_cidrs   = { for zone, index in local.zones : zone => cidrsubnet(var.cidr, 8, index) }
  database_cidrs = { for zone, index in local.zones : zone => cidrsubnet(var.cidr, 8, index + 8) }
  private_cidrs  = { for zone, index in local.zones : zone => cidrsubnet(var.cidr, 4, index + 1) }

  # Resources billed per zone are in all zones or only in the first.
  outlets     = slice(var.availability_zones, 0, var.nat_gateways)
  outlet_near = { for zone in var.availability_zones : zone => contains(local.outlets, zone) ? zone : local.outlets[0] }
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.name }
}

# The VPC's default group lets its members connect to each other: emptied, so that using it by mistake allows nothing.
resource "aws_default_security_group" "closed" {
  vpc_id  = aws_vpc.this.id
  ingress = []
  egress  = []
}

resource "aws_subnet" "public" {
  for_each = local.public_cidrs

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-public-${each.key}" }
}

resource "aws_subnet" "private" {
  for_each = local.private_cidrs

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-private-${each.key}" }
}

resource "aws_subnet" "database" {
  for_each = local.database_cidrs

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-database-${each.key}" }
}
