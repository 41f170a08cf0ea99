"""Tell people and the edge what changed: alerts and purges, at least once.

`dispatcher` sends what the outbox calls for   `rules` which alerts, and whether to purge
`alerts`, `cdn` where they go                  `aws` the same by Amazon SNS and CloudFront
"""
