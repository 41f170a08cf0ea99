"""WHAT the API says: each endpoint's query, and its answer as a pure function of a `View`.

`view` is the record at an instant, `resolution` which day's observation answers, the other modules
are an endpoint each. Nothing here knows a header, a status or a cache.
"""
