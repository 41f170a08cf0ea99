# Ten instances at 50 requests a second each make 500 at the origin; the CDN answers the rest. The limit comes
# from the requirements; if the CDN is not enough, raise it to an instance's measured capacity.
environment         = "production"
region              = "us-east-1"
instance_type       = "t3.medium"
memory_mib          = 3072
workers             = 2
min_size            = 2
max_size            = 10
requests_per_second = 50
