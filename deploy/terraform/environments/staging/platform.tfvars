environment        = "staging"
region             = "us-east-1"
availability_zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
nat_gateways       = 1

zone_name   = "staging.example.com"
domain_name = "rates.staging.example.com"
price_class = "PriceClass_100"

min_acu            = 0.5
max_acu            = 2
database_instances = 2
cache_node_type    = "cache.t4g.small"
cache_replicas     = 1

deletion_protection  = false
record_configuration = true
inspect              = true

alert_emails     = ["on-call@example.com"]
approver_roles   = ["rates-staging-on-call"]
runbook_base_url = "https://example.com/rates/docs/runbooks"
drills           = false
