"""What can go wrong for a client: one table from code to status, title and explanation.

`Refused` becomes an RFC 9457 document; its `type` points to the explanation, a page.

    Refused                 a request that gets a problem instead of an answer
      ParametersRefused     422, with everything that is wrong with the parameters
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

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
        "`as_of` lies before the first value was recorded here; `first_recorded_at` names that "
        "instant.",
    ),
    "not-yet-published": ProblemType(
        404,
        "Not yet published",
        "The FIX of today's banking day has not been seen yet. `expected_at` says when it is "
        "expected, `Retry-After` when to ask again.",
    ),
    "not-yet-known": ProblemType(
        404, "Not yet known", "The day lies in the future, beyond what has been determined."
    ),
    "no-fix-on-closed-day": ProblemType(
        404,
        "No FIX on a closed day",
        "Banks were closed on this day and `roll=none` refuses the banking day before it.",
    ),
    "gap": ProblemType(
        404,
        "A value is missing",
        "The day should have a value but none has been recorded. `/api/v1/rates/gaps` lists such "
        "days; they are filled as soon as the source has them.",
    ),
    # The edge's own answer, never given here: this is the page that its `type` leads to.
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
    "internal-error": ProblemType(
        500, "Internal error", "A mistake of ours, recorded with the `X-Request-Id` of this answer."
    ),
}


class Refused(Exception):
    """A request that gets the problem `code` instead of an answer.

    `retry_after` is in seconds; `members` are further members of the document.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[ParameterError] = (),
        retry_after: int | None = None,
        **members: datetime | tuple[str, ...] | dict[str, str],
    ) -> None:
        """Refuse with `detail`, a sentence about this one request."""
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after = retry_after
        self.members: dict[str, Any] = members

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
            **self.members,
        )


WARM_UP_RETRY_SECONDS = 5
"""Until a worker without data may have some: its warm-up is tried that often."""

MAX_ERRORS = 50
"""More than these are counted, not listed: an enormous query gets no enormous answer."""


class ParametersRefused(Refused):
    """Everything that is wrong with the parameters of one request."""

    def __init__(self, errors: Sequence[ParameterError]) -> None:
        """List `errors`, at least one."""
        names = sorted({error.parameter for error in errors[:MAX_ERRORS]})
        detail = f"Wrong: {', '.join(names)}."
        if len(errors) > MAX_ERRORS:
            detail = f"{len(errors)} parameters are wrong; the first {MAX_ERRORS} are listed."
        super().__init__("invalid-parameters", detail, errors=errors[:MAX_ERRORS])
