"""What the service says of itself: to programs, language models, crawlers and browsers.

Documents that change with a release only, so that shared caches may keep them for an hour: their
paths lie outside of what a publication purges (`rates_sync.notify.dispatcher.PURGED`).
"""
