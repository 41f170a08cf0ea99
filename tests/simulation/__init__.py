"""A deterministic simulation of the platform: its real code under virtual time, in one process.

Two instances of rates-sync and three workers of rates-api run against a Banxico, a Redis and a
database that fail on purpose. Every choice comes from a seed, so that a seed that fails is a test.

`clock`        virtual time, and the event loop that jumps to the next moment
`network`      what lies between two parts: delays, cuts, pauses, the death of an instance
`database`     the record in SQLite without threads, which is cut, locked, read-only or restored
`stream`       Redis in memory, which is cut, flushed, trimmed or replaced by an older replica
`banxico`      what Banxico knows and says, in HTTP
`sinks`        where alerts and purges go
`edge`         a cache that clients share, and what it may serve
`editions`     both services as they are, and as they were before
`platform`     the instances, wired by their own `bootstrap`
`faults`       what a seed plans: the background and the faults with their times
`injector`     does to the platform what is planned
`history`      all that was ever recorded, published and said: what the judges compare with
`record`       the record as the judges read it, in SQL of their own
`judges`       the invariants of each commit, each write to Redis and each answer
`sync_health`  what rates-sync says of itself, against what is true
`watch`        the invariants of what stands still between events
`ending`       the invariants once all faults have ended
`run`          one seed from its plan to its verdict
`progress`     which seeds have held already
`mutations`    breaks of the rules, which the judges have to notice
`mutation_check` breaks them one by one, and tells which the judges miss
`__main__`     `./dev simulate`
"""
