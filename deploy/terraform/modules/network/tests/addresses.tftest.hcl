variables {
  name               = "rates-staging"
  availability_zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
  nat_gateways       = 3
  kms_key_arn        = "arn:aws:kms:us-east-1:123456789012:key/aaaa"
}

run "zones_and_subnets" {
  command = plan

  assert {
    condition     = aws_vpc.this.cidr_block == "10.0.0.0/16"
    error_message = "The VPC must be 10.0.0.0/16."
  }

  assert {
    condition = alltrue([
      for subnets in [aws_subnet.public, aws_subnet.private, aws_subnet.database] :
      sort([for subnet in subnets : subnet.availability_zone]) == sort(var.availability_zones)
    ])
    error_message = "Each zone must have a public, a private and a database subnet."
  }

  assert {
    condition = length(distinct([
      for subnet in concat(values(aws_subnet.public), values(aws_subnet.private), values(aws_subnet.database)) : subnet.cidr_block
    ])) == 9
    error_message = "No two subnets may have the same addresses."
  }

  # A network is inside another if truncating it to the other's prefix length gives the other.
  assert {
    condition = alltrue(flatten([
      for one in concat(values(aws_subnet.public), values(aws_subnet.private), values(aws_subnet.database)) : [
        for other in concat(values(aws_subnet.public), values(aws_subnet.private), values(aws_subnet.database)) :
        cidrsubnet("${cidrhost(one.cidr_block, 0)}/${split("/", other.cidr_block)[1]}", 0, 0) != other.cidr_block
        if one.cidr_block != other.cidr_block
      ]
    ]))
    error_message = "No subnet may overlap another."
  }

  assert {
    condition = alltrue([
      for subnet in concat(values(aws_subnet.public), values(aws_subnet.private), values(aws_subnet.database)) :
      cidrsubnet("${cidrhost(subnet.cidr_block, 0)}/16", 0, 0) == aws_vpc.this.cidr_block
    ])
    error_message = "Every subnet must be inside the VPC."
  }

  assert {
    condition = alltrue([
      for subnet in concat(values(aws_subnet.public), values(aws_subnet.private), values(aws_subnet.database)) :
      subnet.map_public_ip_on_launch == false
    ])
    error_message = "No subnet may give instances public addresses."
  }
}

run "ways_out" {
  command = apply

  assert {
    condition     = length(aws_route_table.database.route) == 0
    error_message = "The databases' subnets must have no route out."
  }

  assert {
    condition = alltrue(concat(
      [for association in aws_route_table_association.database : association.route_table_id == aws_route_table.database.id],
      [for route in concat([aws_route.public], values(aws_route.private)) : route.route_table_id != aws_route_table.database.id],
    ))
    error_message = "The databases' subnets must use the route table without routes."
  }

  assert {
    condition     = !contains(aws_vpc_endpoint.s3.route_table_ids, aws_route_table.database.id)
    error_message = "The databases must not reach S3 either."
  }

  assert {
    condition = alltrue([
      for zone in var.availability_zones :
      aws_route.private[zone].nat_gateway_id == aws_nat_gateway.this[zone].id
      && aws_nat_gateway.this[zone].subnet_id == aws_subnet.public[zone].id
    ])
    error_message = "With three NAT gateways each zone must use its own, so that losing a zone affects only that zone."
  }

  assert {
    condition     = alltrue([for table in aws_route_table.private : contains(aws_vpc_endpoint.s3.route_table_ids, table.id)])
    error_message = "Every private subnet must reach S3 through its endpoint."
  }

  assert {
    condition     = output.database_subnet_ids["us-east-1b"] == aws_subnet.database["us-east-1b"].id
    error_message = "Subnets must be exported by zone."
  }
}

run "one_nat_gateway" {
  command = apply

  variables {
    nat_gateways = 1
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_route.private) == 3
    error_message = "With one NAT gateway all three private subnets must still have a route out."
  }

  assert {
    condition     = length(distinct([for route in aws_route.private : route.nat_gateway_id])) == 1
    error_message = "With one NAT gateway all private subnets must use it."
  }
}

# Every one of these must be rejected.
run "two_nat_gateways_a_zone_twice_and_too_small_a_range" {
  command = plan

  variables {
    nat_gateways       = 2
    availability_zones = ["us-east-1a", "us-east-1a", "us-east-1b"]
    cidr               = "10.0.0.0/20"
  }

  expect_failures = [var.nat_gateways, var.availability_zones, var.cidr]
}
