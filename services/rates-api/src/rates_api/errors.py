"""What can go wrong in rates-api's background work; what clients get is `http.problems`.

    RatesApiError
    └── SourceUnavailable      no snapshot, head or event from there now: ask the next, or again
        ├── StreamUnavailable      Redis is away, hung or refuses
        ├── DocumentsUnusable      missing, expired, unreadable, or not of one set
        ├── FallbackUnavailable    the database is away, locked, too slow or unreadable
        ├── NothingRecorded        the record is still empty
        └── BehindEvent            it answered, but stands before the event that must be covered

Raised at the edges (`consume.stream`, `consume.documents`, `fallback`), expected, counted and
warned of where they are caught. Anything else is a bug and ends the worker with its traceback.
"""


class RatesApiError(Exception):
    """The root of everything this service raises on purpose."""


class SourceUnavailable(RatesApiError):
    """This source has nothing for us now; the answer is the next source, or a later attempt."""


class StreamUnavailable(SourceUnavailable):
    """Redis can't be reached, does not answer in time or refuses."""


class DocumentsUnusable(SourceUnavailable):
    """The documents are missing, can't be read or do not fit together (protocol rule 10)."""


class FallbackUnavailable(SourceUnavailable):
    """The database can't be reached, is locked, too slow, or holds what can't be read."""


class NothingRecorded(SourceUnavailable):
    """The record has no status or calendar yet: sync has never recorded anything."""


class BehindEvent(SourceUnavailable):
    """The source stands before the event that a reload must cover (protocol rule 13)."""
