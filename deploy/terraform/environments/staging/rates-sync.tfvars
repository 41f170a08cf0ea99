# Staging has its own token, or it would share production's quota.
environment   = "staging"
region        = "us-east-1"
instance_type = "t3.small"
memory_mib    = 1536
daily_quota   = 400
