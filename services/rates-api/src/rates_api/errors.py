"""What can go wrong in rates-api's background work; what clients get is `http.problems`.

    RatesApiError
    └── SourceUnavailable      it has no snapshot, head or event now: ask the next source, or retry
        ├── StreamUnavailable      Redis is unavailable, hangs or refuses
        ├── DocumentsUnusable      missing, expired, unreadable, or not of one set
        ├── FallbackUnavailable    the database is unavailable, locked, too slow or unreadable
        ├── NothingRecorded        the record is still empty
        └── BehindEvent            it answered, but is before the event that must be covered

They are raised where the worker reads from outside (`consume.stream`, `consume.documents`,
`fallback`); where caught, they are expected, counted and logged as warnings. Anything else is a bug
and ends the worker with its traceback.
"""


class RatesApiError(Exception):
    """The root of everything this service raises on purpose."""


class SourceUnavailable(RatesApiError):
    """This source has nothing now; ask the next source, or retry later."""


class StreamUnavailable(SourceUnavailable):
    """Redis can't be reached, does not answer in time or refuses."""


class DocumentsUnusable(SourceUnavailable):
    """The documents are missing, can't be read or are not of one set (protocol rule 10)."""


class FallbackUnavailable(SourceUnavailable):
    """The database can't be reached, is locked, too slow, or holds what can't be read."""


class NothingRecorded(SourceUnavailable):
    """The record has no status or calendar yet: sync has never recorded anything."""


class BehindEvent(SourceUnavailable):
    """The source is before the event that a reload must cover (protocol rule 13)."""
