"""The invariants: by true time, and by SQL of the judges' own on the record.

`record`       the record as the judges read it
`judges`       of each commit, each write to Redis and each answer
`lease`        of who leads
`restoring`    of a record that was restored
`told`         of what the status lists
`data_status`  of what is counted of each day
`documents`    of the documents in Redis
`breaker`      of the breaker
`alerting`     of alerts as they arrive, and of those that no event calls for
`sync_health`  of what rates-sync says of itself
`watch`        of what stands still between events
`ending`       of everything once all faults have ended
"""
