"""HOW an answer reaches a client, whatever it says: nothing here knows a rate.

`routes` answers a request at an endpoint, `parameters` reads its query, `response` makes status,
headers and body, `response_cache` keeps them with the snapshot and sends them before any route.
`problems` is the one table of what can go wrong, `openapi` describes it all.
"""
