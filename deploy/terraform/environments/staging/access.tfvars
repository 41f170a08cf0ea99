environment   = "staging"
region        = "us-east-1"
repository    = "example/rates"
on_call_roles = ["aws-reserved/sso.amazonaws.com/AWSReservedSSO_OnCall_*"]
