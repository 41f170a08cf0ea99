"""A deterministic simulation of the platform: its real code under virtual time, in one process.

Two instances of rates-sync and three workers of rates-api run against a Banxico, a Redis and a
database that fail on purpose. Every choice comes from a seed, so that a seed that fails is a test.

`world`           what they run in
`faults`          what a seed plans: the background and the faults with their times
`injector`        does to the platform what is planned
`history`         all that was ever recorded, published and said: what the judges compare with
`judging`         the invariants
`run`             one seed from its plan to its verdict
`progress`        which seeds have held already
`mutations`       breaks of the rules, which the judges have to notice
`mutation_check`  breaks them one by one, and tells which the judges miss
`__main__`        `./dev simulate`
"""
