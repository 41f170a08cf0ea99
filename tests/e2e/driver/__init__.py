"""What the scenarios drive: one platform of separate processes, behind one interface.

`platform`   the interface that scenarios speak to (a second driver, compose, implements it too)
`native`     the same platform as processes of this machine
`processes`  a process that is always ended        `launch`   what such a process runs
`clock`      the clock that all processes share    `crash`    where rates-sync can be made to die
`links`      TCP links that can be cut or hung     `redis`    Redis, real or embedded, and its state
`database`   SQLite that can be locked, gone or restored
`banxico`    the simulator's control API           `services` rates-sync and rates-api
`answers`    an HTTP answer, held against the OpenAPI golden

Scenarios never see a process id, a port or a path.
"""
