"""The contract between rates-sync and rates-api, and nothing else.

`observation`, `calendar`, `averages`  the domain: a published value, a banking day, a mean
`status`       how fresh the source's data are, as absolute instants
`events`       the events of the stream        `stream`     its name, and an entry's fields
`documents`    what a worker warms up from     `views`      the read views rates-api selects from
`answers`      what clients get, `warnings` what an answer may warn of
`environment`  settings from variables, `tls`, `cancellation`

Contracts are append-only: new fields have defaults, event tags carry a version, and the golden
bytes of every shipped edition (`tests/golden/`) decode forever (`docs/adr/0011`).
"""

__version__ = "1.0.0"
