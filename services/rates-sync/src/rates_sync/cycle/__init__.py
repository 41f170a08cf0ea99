"""The use case: ask Banxico, compare, record and announce.

`cycle` one poll              `backfill` the whole history, or a range
`comparison` pure             `recorder` the fenced transaction that records and announces
"""
