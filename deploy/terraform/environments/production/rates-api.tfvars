# Ten instances at 50 requests a second each are 500 at the origin: what is above that, the CDN answers. The
# limit is the requirements'; raise it to what an instance is measured to serve when the CDN is not enough.
environment         = "production"
region              = "us-east-1"
instance_type       = "t3.medium"
memory_mib          = 3072
workers             = 2
min_size            = 2
max_size            = 10
requests_per_second = 50
