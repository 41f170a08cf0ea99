# All distributions, anybody's, share CloudFront's addresses: a secret header identifies ours. Both ends have the value
# in their configuration, so it is in the (encrypted) state, whatever its source. It grants access to the load balancer
# and nothing else.
#
# Rotation: raise origin_header_generation by one and apply. First the load balancer accepts the new value alongside the
# old one, then CloudFront switches over, location by location, within minutes. A leaked value is invalid after the
# second rotation.

locals {
  origin_header  = "X-Rates-Edge"
  generations    = [tostring(var.origin_header_generation), tostring(var.origin_header_generation - 1)]
  origin_secrets = [for generation in local.generations : random_password.origin[generation].result]
}

resource "random_password" "origin" {
  for_each = toset(local.generations)

  length = 48
  # In a listener rule, * and ? are wildcards.
  special = false
}
