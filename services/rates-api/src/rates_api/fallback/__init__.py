"""The record itself, read-only: what a worker falls back to, and what it compares itself with.

`engine` connections that can't write    `queries` the selects on the read views
`reader` one consistent snapshot, and the head
"""
