environment   = "production"
region        = "us-east-1"
instance_type = "t3.medium"
memory_mib    = 3072
daily_quota   = 1000
