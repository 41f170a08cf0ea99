"""Servers in containers for both services' integration tests; `services/conftest` starts them.

`mysql` the record's database         `redis` stream and documents
`certificates` whom a client trusts   `waiting` ports, and patience with a start
"""
