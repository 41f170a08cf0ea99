"""Sends alerts to operators and purges to the edge, at least once.

`dispatcher` sends what the outbox calls for   `rules` which alerts, and whether to purge
`alerts`, `cdn` where they go                  `aws` the same by Amazon SNS and CloudFront

| alert | when it is sent |
|---|---|
| `breaker_opened` | an event: Banxico failed repeatedly, the breaker has opened |
| `breaker_closed` | an event: Banxico answers again, the breaker has closed |
| `bad_token` | an event: Banxico has begun to refuse the token |
| `stream_reset` | an event: the record was restored, a new timeline began |
| `database_unavailable`, `database_available` | directly: an outage lasts; it is over |
| `redis_unavailable`, `redis_available` | directly: an outage lasts; it is over |
| `history_hole` | directly: days stay unknown though Banxico was asked for them |
| `suspicious_move` | directly: values moved too far and wait for a review |
"""
