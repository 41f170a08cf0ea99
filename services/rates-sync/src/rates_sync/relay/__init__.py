"""Copies the outbox to the Redis stream and the record to the Redis documents.

`relay`     the step and its loop               `repair`       append, refill or a new timeline
`stream`    the stream's tail                   `document_ttl` the documents' remaining time to live
`scrub`     the stream's other entries          `documents`    which documents are due, their bytes
`signing`   whose entries and documents are
"""
