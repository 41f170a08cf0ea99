"""The record: the database that everything else is derived from (rule R1).

`engine`   connections and transactions    `schema`    the tables, as migrations leave them
`fence`    rule 2: may I write?            `lease`     rule 3: who writes
`record`   plain reads, and recordings     `recording` one recording transaction (rules 1, 2, 4)
`outbox`   what the relay reads            `cursors`   how far alerts and purges are
`quota`    requests spent, per day         `pruning`   deletes what was kept long enough
`origin`   whose values these are
"""
