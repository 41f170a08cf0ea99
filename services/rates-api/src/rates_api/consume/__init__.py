"""How a worker follows the record: the stream event by event, the record's head beside it.

`stream` the questions to Redis        `documents` a snapshot from Redis' documents
`projection` event → snapshot, pure    `reader` the XREAD loop    `head_monitor` the record's head
"""
