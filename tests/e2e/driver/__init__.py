"""What the scenarios drive: one platform of separate processes, behind one interface.

`platform`    the platform as scenarios speak to it       `plan`       what a scenario asks for
`native`      it is made of processes of this machine     `compose`    it is made of containers
`processes`   a process that is always ended              `containers` a container as a process
`links`       TCP links that can be cut or hung           `stack`      all containers of a session
`sqlite`      the record in a file                        `mysql`      the record on a server
`database`    what both kinds of record can be asked      `redis`      the stream and the documents
`services`    rates-sync and rates-api                    `banxico`    the simulator's control API
`launch`      what each process of ours runs              `settings`   how fast its timers go
`clock`       the clock that all of them share            `crash`      where rates-sync can die
`answers`     an HTTP answer, held against the golden     `load`       many of them, at a given pace
`sights`      what scenarios look at again and again      `metrics`    an exposition, read by name
`workers`     reaching each worker of an instance

Scenarios never see a process id, a port or a path.
"""
