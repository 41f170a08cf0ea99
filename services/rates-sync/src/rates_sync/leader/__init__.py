"""The lease is contended for, held and lost; its holder runs these tasks.

`election` contend, lead, contend again   `leader` the holder's tasks
`poller` the poll loop                    `loops` lease renewal, breaker log, nightly work
"""
