"""Contends for the lease and runs the leader's tasks while it is held.

`election` contend, lead, contend again   `leader` the leader's tasks
`poller` the poll loop                    `loops` lease renewal, breaker log, nightly maintenance
"""
