"""The use case: ask Banxico, compare, record and announce.

`cycle` one poll                `backfill` the whole history, or a range
`news` the comparison, pure     `recorder`, `entry` the fenced transaction that records and tells
"""
