"""WHAT the API says: each endpoint's query, and its answer as a pure function of a `View`.

`query_parameters` are shared by endpoints, `csv` writes lists, `change` compares two rates; every
other module is an endpoint or several. Nothing here knows a header, a status or a cache.
"""
