"""What the services run in, simulated: it fails on purpose, and every choice comes from a seed.

`clock`     virtual time, and the event loop that jumps to the next moment
`network`   what lies between two parts: delays, cuts, pauses, the death of an instance
`database`  the record in SQLite without threads, which is cut, locked, read-only or restored
`stream`    Redis in memory, which is cut, flushed, trimmed or replaced by an older replica
`banxico`   what Banxico knows and says, in HTTP
`sinks`     where alerts and purges go
`edge`      a cache that clients share, and what it may serve
`editions`  both services as they are, and as they were before
`platform`  the instances, wired by their own `bootstrap`
"""
