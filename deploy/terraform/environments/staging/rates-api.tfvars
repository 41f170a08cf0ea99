environment         = "staging"
region              = "us-east-1"
instance_type       = "t3.small"
memory_mib          = 1536
workers             = 2
min_size            = 2
max_size            = 4
requests_per_second = 50
