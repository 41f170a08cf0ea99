"""WHAT has changed, for those who follow the record: lists, feeds and streams of its recordings.

`cursor` a client's place among the recordings    `changes` what was recorded after it
`feed`   the newest of it, as Atom                `stream`  what changes, as it does
`broadcast` the streams of a worker, `subscription` one of them, `messages` what they say
`recordings` what a snapshot has beyond another, `kept_changes` what a client can continue after
"""
