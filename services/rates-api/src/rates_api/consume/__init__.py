"""How a worker follows the record: the stream event by event, and a check of the record's head.

`stream` the requests to Redis         `documents` a snapshot from Redis' documents
`projection` event → snapshot, pure    `reader` the XREAD loop    `head_monitor` missed events
"""
