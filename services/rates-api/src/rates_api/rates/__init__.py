"""WHAT the API says: each endpoint's query, and its answer as a pure function of a `View`.

`view` is the record at an instant, `resolution` finds the observation that answers for a day,
`query_parameters` are shared by endpoints, `csv` writes lists; every other module is an endpoint or
several. Nothing here knows a header, a status or a cache.
"""
