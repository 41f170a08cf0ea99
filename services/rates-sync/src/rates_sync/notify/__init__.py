"""Tell people (`alerts`) and the edge (`cdn`) what changed; `aws` does it by SNS and CloudFront.

`aws` alone needs boto3 (the extra `aws`): it is imported only where it is configured.
"""
