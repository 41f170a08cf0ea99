"""The record itself, read-only: what a worker falls back to and checks its head against.

`engine` connections that can't write    `queries` the selects on the read views
`reader` one consistent snapshot, and the head    `evidence` what a request waits for
"""
