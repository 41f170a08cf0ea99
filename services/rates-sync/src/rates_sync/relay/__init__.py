"""How changes travel: the outbox to the Redis stream, the record to the Redis documents.

`relay`      the step and its loop       `plan`       append, refill, or a new timeline: pure
`stream`     the stream's tail           `documents`  which document is due, and its bytes: pure
`document_ttl` how long the documents still live
"""
