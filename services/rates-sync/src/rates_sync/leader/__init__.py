"""Who works, and when: the lease is contended for, held and lost; its holder runs these tasks.

`leadership` contend, lead, contend again   `leader` the holder's tasks
`poller` the poll loop                      `courier` alerts and purges, after the outbox
`meaning` which of them an event calls for  `watch` the work as metrics
`waiting` until an instant, and which loop gets round
"""
