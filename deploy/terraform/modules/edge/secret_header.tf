# CloudFront's addresses are everybody's who has a distribution: a secret header tells ours apart. Both ends hold the
# value in their own configuration, so that it is in the state, encrypted, wherever it comes from. It opens the load
# balancer and nothing else.
#
# Rotation: origin_header_generation + 1, apply. The load balancer first takes the new value beside the old one, then
# CloudFront, place by place over some minutes, changes over. A value that leaked is out after the second rotation.

locals {
  origin_header  = "X-Rates-Edge"
  generations    = [tostring(var.origin_header_generation), tostring(var.origin_header_generation - 1)]
  origin_secrets = [for generation in local.generations : random_password.origin[generation].result]
}

resource "random_password" "origin" {
  for_each = toset(local.generations)

  length = 48
  # In a listener's rule * and ? stand for other characters.
  special = false
}
