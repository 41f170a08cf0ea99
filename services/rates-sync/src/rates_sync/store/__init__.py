"""The record: the database that everything else is derived from (rule R1).

`engine`    connections, transactions       `schema`       the tables, as migrations leave them
`fence`     rule 2: may this leader write?  `lease`        rule 3: who leads
`record`    plain reads, and recordings     `recording`    one recording transaction (rule R3)
`rows`      rows as the contracts' types    `announcement` writes an event (rule R3)
`outbox`    the relay's reads               `cursors`      how far alerts and purges are
`quota`     requests spent, per day         `pruning`      deletes rows after their retention
`origin`    whose values these are
"""
