environment        = "production"
region             = "us-east-1"
availability_zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
nat_gateways       = 3

zone_name   = "example.com"
domain_name = "rates.example.com"
price_class = "PriceClass_100"

min_acu            = 0.5
max_acu            = 16
database_instances = 2
cache_node_type    = "cache.r6g.large"
cache_replicas     = 1

deletion_protection  = true
record_configuration = true
inspect              = true

alert_emails     = ["on-call@example.com"]
approver_roles   = ["rates-production-on-call"]
runbook_base_url = "https://example.com/rates/docs/runbooks"
drills           = false
