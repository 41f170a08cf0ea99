"""What can go wrong for a client: one table from code to status, title and explanation.

`Refused` becomes an RFC 9457 document; its `type` points to the explanation, a page.

    Refused                 a request that gets a problem instead of an answer
      ParametersRefused     422, with everything that is wrong with the parameters
"""

from collections.abc import Sequence
from datetime import date as Day
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import UNSET

from rates_contracts.answers import ParameterError, Problem


class ProblemType(NamedTuple):
    """One kind of problem."""

    status: int
    title: str
    explanation: str


PROBLEMS: dict[str, ProblemType] = {
    "invalid-parameters": ProblemType(
        422,
        "Parameters are wrong",
        "One or more parameters are malformed, out of range, given twice, in conflict or unknown. "
        "`errors` names each of them, why it was refused and what is allowed.",
    ),
    "not-found": ProblemType(
        404, "No such path", "Nothing is served at this path. `/api/v1` lists what there is."
    ),
    "unknown-window": ProblemType(
        404, "No such average", "Averages exist for a few windows only; `known` names them."
    ),
    "method-not-allowed": ProblemType(
        405,
        "Method not allowed",
        "Every path of the API answers GET, HEAD and OPTIONS only; `Allow` says so.",
    ),
    "before-first-observation": ProblemType(
        404,
        "Before the first observation",
        "Banco de México publishes the FIX since 1991-11-12; there is no value before it.",
    ),
    "before-first-record": ProblemType(
        404,
        "Before the first record",
        "`as_of` lies before the instant from which on the record answers, which the problem "
        "names. Ask with that instant or a later one, or without `as_of` for what is known now.",
    ),
    "not-known-then": ProblemType(
        404,
        "Not known then",
        "At the instant of `as_of` the day had no value, and it was not known yet whether it would "
        "get one. Ask with a later `as_of`, or without it for what is known now.",
    ),
    "not-yet-published": ProblemType(
        404,
        "Not yet published",
        "The FIX of the banking day has not been seen yet; a late one stays so until it or a later "
        "one comes. `expected_at` says when it is expected, `Retry-After` when to ask again.",
    ),
    "no-values": ProblemType(
        404,
        "No values",
        "The days asked for have no value, and there is no number to write. Ask for other days, or "
        "for JSON, which says so by its `count`.",
    ),
    "not-yet-known": ProblemType(
        404, "Not yet known", "The day lies in the future, beyond what has been determined."
    ),
    "no-fix-on-closed-day": ProblemType(
        404,
        "No FIX on a closed day",
        "Banks were closed on this day and `roll=none` refuses the banking day before it.",
    ),
    "no-publication-on-closed-day": ProblemType(
        404,
        "No publication on a closed day",
        "Banks were closed on this day, so that no FIX was due in the Official Gazette, and "
        "`roll=none` refuses the banking day before it.",
    ),
    "gap": ProblemType(
        404,
        "A value is missing",
        "The day should have a value but none has been recorded. `/api/v1/rates/gaps` lists such "
        "days; they are filled as soon as the source has them.",
    ),
    "history-loading": ProblemType(
        503,
        "The history is being loaded",
        "The day lies before what has been loaded so far, so that it is not known yet whether it "
        "has a value. Ask again after `Retry-After`; days from `known_from` on can be asked for "
        "now.",
    ),
    "not-verified": ProblemType(
        503,
        "Not verified",
        "A value is due and has not been recorded, and the source has not been heard since, so "
        "that it is not known whether there is one. Ask again after `Retry-After`; days with a "
        "recorded value can be asked for now.",
    ),
    "under-review": ProblemType(
        503,
        "Under review",
        "The source has published a value for the day that is checked before it is served, as it "
        "is unlikely or can't be read. Ask again after `Retry-After`, or look it up at Banco de "
        "México.",
    ),
    "unknown-payload": ProblemType(
        404,
        "No such payload",
        "No observation rests on a raw answer with this hash, or the record has only the beginning "
        "of it. Hashes stand in answers as `payload_sha256`.",
    ),
    "not-signed-yet": ProblemType(
        404,
        "Not signed yet",
        "The rate is recorded and has no receipt yet: it gets one in the following night.",
    ),
    "record-unavailable": ProblemType(
        503,
        "The record can't be read",
        "What is asked for is read from the record on demand, which does not answer at the moment, "
        "or too slowly. Ask again after `Retry-After`; rates are answered meanwhile.",
    ),
    "bad-request": ProblemType(
        400,
        "Not a request",
        "The request breaks the rules of HTTP: its `Host` is no name and no address, or is given "
        "more than once, or something else in it can't be read.",
    ),
    "uri-too-long": ProblemType(
        414,
        "The address is too long",
        "Path and query string have 8,192 characters at most. Ask for fewer days at once.",
    ),
    # Sent by the edge, never by the service, which has the page that its `type` leads to.
    "no-answer": ProblemType(
        502,
        "No answer",
        "The connection to the instance broke before it had answered. The request may be repeated.",
    ),
    "no-instance": ProblemType(
        503,
        "No instance",
        "No instance of the service takes requests at the moment. Ask again after `Retry-After`.",
    ),
    "answer-timeout": ProblemType(
        504,
        "The answer took too long",
        "The instance has not answered in time. Ask again after `Retry-After`.",
    ),
    "too-many-requests": ProblemType(
        429,
        "Too many requests",
        "The address sends more requests a second than the edge lets one have; `Retry-After` says "
        "when to ask again. Answers may be kept as long as their `Cache-Control` says.",
    ),
    "no-current-rate": ProblemType(
        503,
        "No current rate",
        "The last value can no longer pass as current, or there is none. The rest is served: "
        "`links` leads to the historical values.",
    ),
    "no-data": ProblemType(
        503, "No data", "This instance has no data at all at the moment; it recovers by itself."
    ),
    "too-many-streams": ProblemType(
        503,
        "Too many streams",
        "The worker has as many streams as it may. `Retry-After` says when to connect again: an "
        "`EventSource` ends here, make a new one then. `/api/v1/changes` is always served.",
    ),
    "internal-error": ProblemType(
        500, "Internal error", "A mistake of ours, recorded with the `X-Request-Id` of this answer."
    ),
}


RETRY_SECONDS = 60
"""Until a client should retry after a 503 whose end is not known."""


class Refused(Exception):
    """A request that gets the problem `code` instead of an answer.

    `retry_after` is in seconds, a 503 always has it; `members` are further members of the document.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[ParameterError] = (),
        retry_after: int | None = None,
        **members: datetime | Day | tuple[str, ...] | dict[str, str],
    ) -> None:
        """Refuse with `detail`, a sentence about this one request."""
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        if retry_after is None and self.status == 503:
            retry_after = RETRY_SECONDS
        self.retry_after = retry_after
        self.warnings: tuple[str, ...] = ()
        """The codes of what is doubtful in what it rests on, worst first."""
        self.members: dict[str, Any] = members
        self.shared_until: datetime | None = None
        """Until when shared caches may keep the problem, for some seconds at most; None: never."""

    @property
    def status(self) -> int:
        """Return the HTTP status of the code."""
        return PROBLEMS[self.code].status

    def document(self, instance: str) -> Problem:
        """Return the document for the request path `instance`."""
        problem = PROBLEMS[self.code]
        return Problem(
            type=f"/problems/{self.code}",
            title=problem.title,
            status=problem.status,
            detail=self.detail,
            instance=instance,
            code=self.code,
            errors=self.errors,
            warnings=self.warnings or UNSET,
            **self.members,
        )


WARM_UP_RETRY_SECONDS = 5
"""Until a client should retry at a worker without data, whose warm-up retries more often."""

MAX_ERRORS = 50
"""More than these are counted, not listed, so that a huge query gets no huge answer."""


class ParametersRefused(Refused):
    """Everything that is wrong with the parameters of one request."""

    def __init__(self, errors: Sequence[ParameterError]) -> None:
        """List `errors`, at least one; the first is said as a sentence."""
        detail = _sentence(errors[0])
        if len(errors) > MAX_ERRORS:
            detail += f" Of {len(errors)} errors the first {MAX_ERRORS} are listed."
        elif len(errors) > 1:
            detail += f" `errors` lists all {len(errors)}."
        super().__init__("invalid-parameters", detail, errors=errors[:MAX_ERRORS])


def _sentence(error: ParameterError) -> str:
    """Say what is wrong and what to do, which some reasons say themselves."""
    is_said = any(word in error.reason for word in ("write ", "ask "))
    instruction = "" if is_said else f": write {error.allowed}"
    return f"`{error.parameter}` {error.reason}{instruction}."
