environment         = "production"
region              = "us-east-1"
instance_type       = "t3.medium"
memory_mib          = 3072
workers             = 2
min_size            = 2
max_size            = 10
requests_per_second = 50
