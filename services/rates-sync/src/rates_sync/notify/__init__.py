"""Sends alerts to operators and purges to the edge, at least once.

`dispatcher` sends what the outbox calls for   `rules` which alerts, and whether to purge
`pairs` alerts that have an end                `alerts`, `cdn` where they go
`aws` the same by Amazon SNS and CloudFront

| alert | when it is sent |
|---|---|
| `breaker_opened` | an event: Banxico failed repeatedly, the breaker has opened |
| `breaker_closed` | an event: Banxico has answered again, the breaker is closed |
| `bad_token` | an event: Banxico has begun to refuse the token |
| `stream_reset` | an event: the record was restored, a new timeline began |
| `foreign_stream` | directly: the stream in Redis was not written by rates-sync |
| `late_fix` | an event: at 17:00 of a banking day its FIX is missing |
| `clock_jumped` | directly: the wall clock moved against the monotonic one |
| `clock_wrong`, `clock_right` | directly: a witness of the time disagrees with a clock; all agree |
| `database_unavailable`, `database_available` | each instance, directly: an outage; its end |
| `redis_unavailable`, `redis_available` | directly: an outage lasts; it is over |
| `long_pause` | directly: Banxico's rate limit asks for more than the 15 min that it gets |
| `history_hole` | directly: days stay unknown though Banxico was asked for them |
| `value_under_review`, `review_ended` | an event: values are set aside; none is any more |
| `withdrawn_at_source`, `withdrawal_ended` | an event: Banxico withdrew known days; no longer |
| `fix_unconfirmed`, `fix_confirmed` | directly: answers don't confirm the FIX; they do again |
| `settlement_unconfirmed`, `settlement_confirmed` | directly: the same of the settlement rate |
| `calendar_wrong` | directly: a FIX appeared on a weekday that the calendar closes |
| `signing_key_unusable`, `signing_key_usable` | directly: there is no key for receipts; there is |
| `quarantined` | directly: unreadable data, or an answer that lacks too many known days |
"""
