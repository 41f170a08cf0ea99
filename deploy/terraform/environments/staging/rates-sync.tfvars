# The token of staging is another than production's, or the two would spend one quota.
environment   = "staging"
region        = "us-east-1"
instance_type = "t3.small"
memory_mib    = 1536
daily_quota   = 400
