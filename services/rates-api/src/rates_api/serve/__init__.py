"""Every public answer of rates-api, from the raw query string to the bytes.

One flow for each endpoint: `parameters` reads the query, `view` says what is known, the endpoint's
pure function answers (`current`, `day`, `historical`, ...), `rendered` keeps the bytes with the
snapshot, `exchange` turns them into what this client gets, `routes` hands that to Litestar.
`endpoints` is the one list of them all, `problems` the one table of what can go wrong.
"""
