"""WHAT has changed, for those who follow the record: lists, feeds and streams of its recordings.

`cursor` a client's place among the recordings    `changes` what was recorded after it
`feed`   the newest of it, as Atom
"""
