"""What can go wrong, each error a sentence (`str(error)`) that says what to do.

    UsdMxnError
      UsageError                  the call can't be meant; nothing was asked
        KindRequired              neither `purpose` nor `kind` was given, or both (a TypeError, too)
        NoRateForPurpose          no law names a rate for the purpose: choose a `kind`
        UnknownPurpose            neither this client nor the server knows the purpose
        InvalidArgument           a float, a naive instant, a day that is none (a ValueError, too)
        MissingPackage            an optional package is not installed (an ImportError, too)
      CursorReset                 the cursor is of another record: drop what was read, walk anew
      ConnectionFailed            no answer came
        TlsFailed                 the server's certificate was refused
        DeadlineExceeded          none came within `timeout`
      UnexpectedAnswer            an answer that is none of this API's: is `base_url` right?
      ApiError                    the server says why there is no answer: `code`, `problem`
        Refused                   the request is wrong
        NoValue                   there is no such value
        Unavailable               the service can't say at the moment: ask again after `retry_after`

Below the last three stands a class per problem code, named like it (`not-yet-published`:
`NotYetPublished`). A code that this version does not know gets one of the three, by its status.
"""

from datetime import date as Day
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from usdmxn.answers import ParameterError, Problem


class UsdMxnError(Exception):
    """The root: everything that this package raises on purpose."""


class UsageError(UsdMxnError):
    """The call can't be meant; nothing was asked."""


class KindRequired(UsageError, TypeError):
    """The answer depends on the kind of rate: give exactly one of `purpose` and `kind`."""


class NoRateForPurpose(UsageError):
    """No law names a rate for the `purpose`; `unless` says in words what decides instead."""

    def __init__(self, purpose: str, unless: str | None) -> None:
        """Say what decides instead of a law."""
        self.purpose = purpose
        self.unless = unless
        reason = f" ({unless})" if unless else ""
        super().__init__(
            f"no law names a rate for the purpose {purpose!r}{reason}: "
            "choose a kind ('settlement', 'fix' or 'dof')"
        )


class UnknownPurpose(UsageError):
    """Neither this client nor the server knows the `purpose`; `known` are those that it knows."""

    def __init__(self, purpose: str, known: tuple[str, ...]) -> None:
        """Name the purposes that there are."""
        self.purpose = purpose
        self.known = known
        super().__init__(f"there is no purpose {purpose!r}: write one of {', '.join(known)}")


class InvalidArgument(UsageError, ValueError):
    """An argument that can't be sent: a float, a naive instant, a day that is none."""


class MissingPackage(UsageError, ImportError):
    """An optional package is not installed."""

    def __init__(self, package: str) -> None:
        """Say how to install `package`."""
        self.package = package
        super().__init__(f"{package} is not installed: pip install 'usdmxn[{package}]'")


class CursorReset(UsdMxnError):
    """The cursor is of another record, or of before its history was complete.

    Drop what was read before and walk anew, without a cursor.
    """

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "the cursor is not of this record: drop what was read before and walk anew without it"
        )


class ConnectionFailed(UsdMxnError):
    """No answer came: the name is unknown, nothing listens there, or the connection broke."""


class TlsFailed(ConnectionFailed):
    """The server's certificate was refused: the connection can't be trusted, now or later."""


class DeadlineExceeded(ConnectionFailed):
    """No answer came within `timeout`."""


class UnexpectedAnswer(UsdMxnError):
    """An answer that is none of this API's: a web page, foreign JSON, a redirect."""


class ApiError(UsdMxnError):
    """The server says why there is no answer.

    `code` is stable, None without a problem document (`problem`); `retry_after` in seconds.
    """

    code: ClassVar[str | None] = None

    def __init__(
        self,
        detail: str,
        status: int,
        problem: "Problem | None" = None,
        retry_after: float | None = None,
    ) -> None:
        """Keep `detail` as the error's sentence."""
        super().__init__(detail)
        self.status = status
        self.problem = problem
        self.retry_after = retry_after

    @property
    def errors(self) -> "tuple[ParameterError, ...]":
        """What is wrong with which parameter, all of it."""
        return self.problem.errors if self.problem else ()


class Refused(ApiError):
    """The request is wrong; asking again does not help."""


class InvalidParameters(Refused):
    """Parameters are malformed, out of range or in conflict; `errors` has each of them."""

    code = "invalid-parameters"


class NotFound(Refused):
    """Nothing is served at the path: the server is older than this client, or not at `base_url`."""

    code = "not-found"


class UnknownWindow(Refused):
    """There is no average of this window."""

    code = "unknown-window"


class MethodNotAllowed(Refused):
    """The path answers GET, HEAD and OPTIONS only."""

    code = "method-not-allowed"


class BadRequest(Refused):
    """The request breaks the rules of HTTP."""

    code = "bad-request"


class UriTooLong(Refused):
    """The address has more than 8,192 characters."""

    code = "uri-too-long"


class NoValue(ApiError):
    """There is no such value."""


class BeforeFirstObservation(NoValue):
    """Banco de México publishes the FIX since 1991-11-12."""

    code = "before-first-observation"


class BeforeFirstRecord(NoValue):
    """`as_of` lies before `complete_at`, the instant from which on the record answers."""

    code = "before-first-record"

    @property
    def complete_at(self) -> datetime | None:
        """The first instant that `as_of` may name."""
        return self.problem.complete_at if self.problem else None


class NotKnownThen(NoValue):
    """At `as_of` it was not known yet whether the day would get a value."""

    code = "not-known-then"


class NotYetPublished(NoValue):
    """The FIX of the banking day has not been seen yet; `expected_at` says when it is expected."""

    code = "not-yet-published"

    @property
    def expected_at(self) -> datetime | None:
        """The instant at which it is expected, None where the server does not say."""
        return self.problem.expected_at if self.problem else None


class NoValues(NoValue):
    """The days asked for have no value."""

    code = "no-values"


class NotYetKnown(NoValue):
    """The day lies in the future, beyond what has been determined."""

    code = "not-yet-known"


class NoFixOnClosedDay(NoValue):
    """Banks were closed, and `roll="none"` refuses the banking day before."""

    code = "no-fix-on-closed-day"


class NoPublicationOnClosedDay(NoValue):
    """Banks were closed, no FIX was due in the Gazette, and `roll="none"` refuses an older one."""

    code = "no-publication-on-closed-day"


class Gap(NoValue):
    """The day should have a value and none has been recorded."""

    code = "gap"


class UnknownPayload(NoValue):
    """No observation rests on a raw answer with this hash."""

    code = "unknown-payload"


class NotSignedYet(NoValue):
    """The rate has no receipt yet: it gets one in the following night."""

    code = "not-signed-yet"


class Unavailable(ApiError):
    """The service can't say at the moment: ask again after `retry_after` seconds."""


class HistoryLoading(Unavailable):
    """The day lies before what has been loaded; `known_from` is the first day that has been."""

    code = "history-loading"

    @property
    def known_from(self) -> Day | None:
        """The day since which every day is known."""
        return self.problem.known_from if self.problem else None


class NotVerified(Unavailable):
    """A value is due, and the source has not been heard since."""

    code = "not-verified"


class UnderReview(Unavailable):
    """A value was published that is checked before it is served."""

    code = "under-review"


class RecordUnavailable(Unavailable):
    """What is read from the record on demand can't be read."""

    code = "record-unavailable"


class NoCurrentRate(Unavailable):
    """The last value can no longer pass as current; past days are served."""

    code = "no-current-rate"


class NoData(Unavailable):
    """The instance has no data at all yet."""

    code = "no-data"


class TooManyRequests(Unavailable):
    """The edge lets an address ask less often."""

    code = "too-many-requests"


class TooManyStreams(Unavailable):
    """The worker has as many streams as it may; `Client.changes` is always served."""

    code = "too-many-streams"


class NoAnswer(Unavailable):
    """The connection to the instance broke before it had answered."""

    code = "no-answer"


class NoInstance(Unavailable):
    """No instance of the service takes requests."""

    code = "no-instance"


class AnswerTimeout(Unavailable):
    """The instance has not answered in time."""

    code = "answer-timeout"


class InternalError(Unavailable):
    """A mistake of the service's, recorded with the `X-Request-Id` of its answer."""

    code = "internal-error"


def _with_code(family: type[ApiError]) -> dict[str, type[ApiError]]:
    return {error.code: error for error in family.__subclasses__() if error.code}


BY_CODE: dict[str, type[ApiError]] = {
    code: error
    for family in (Refused, NoValue, Unavailable)
    for code, error in _with_code(family).items()
}
"""The class of each problem code."""


def error_class(code: str | None, status: int) -> type[ApiError]:
    """Return the class of a problem, by its status where its code is unknown."""
    if code in BY_CODE:
        return BY_CODE[code]
    if status == 429 or status >= 500:
        return Unavailable
    return NoValue if status == 404 else Refused
