"""What rates-sync and rates-api promise each other, and nothing else.

`observation`, `calendar`, `averages`  the vocabulary: a published value, a banking day, a mean
`status`       what sync knows about the source's freshness, as absolute instants
`events`       what travels on the stream      `stream`     its name, and an entry's fields
`documents`    what a worker warms up from     `views`      the read views rates-api selects from
`answers`      what clients get, `warnings` what an answer may warn of
`environment`  how both services read variables

Contracts are append-only: new fields have defaults, event tags carry a version, and the golden
bytes of every shipped edition (`tests/golden/`) decode forever (`docs/adr/0011`).
"""

__version__ = "1.0.0"
