"""How changes travel: the outbox to the Redis stream, the record to the Redis documents.

`relay`      the step and its loop      `course`  append, refill, or a new timeline: pure
`stream`     the stream's tail          `documents`  which document is due, and its bytes: pure
`port`       what it needs of the store  `lifetime`  the documents' time to live
"""
