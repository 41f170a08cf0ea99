"""What came back, read: bytes become typed answers, problem documents errors of ours."""

from typing import Any, TypeVar

import msgspec

from usdmxn.answers import Health, KeySet, Problem
from usdmxn.errors import ApiError, NotFound, Unavailable, UnexpectedAnswer, error_class
from usdmxn.http.retry import retry_after
from usdmxn.http.steps import Reply

T = TypeVar("T")
DOUBT = "is base_url right, and the server as new as this client?"

KEY_KIND = ("OKP", "Ed25519")
"""`kty` and `crv` of the keys that sign receipts (RFC 8037)."""


class Published(msgspec.Struct, frozen=True):
    """A set of keys of any kind (RFC 7517)."""

    keys: tuple[dict[str, Any], ...]


def read_json(reply: Reply, kind: type[T]) -> T:
    """Return a successful answer as `kind`. Raises `ApiError`, `UnexpectedAnswer`."""
    return decoded(successful(reply).body, kind, reply.server)


def read_health(reply: Reply) -> Health:
    """Return how the instance is, which a 503 says, too."""
    if reply.status == 503:
        try:
            return decoded(reply.body, Health, reply.server)
        except UnexpectedAnswer:
            raise api_error(reply) from None
    return read_json(reply, Health)


def read_keys(reply: Reply) -> KeySet:
    """Return the keys that are of the kind that signs receipts; others are passed over (RFC 7517).

    Raises `ApiError`, `UnexpectedAnswer`.
    """
    published = decoded(successful(reply).body, Published, reply.server)
    kinds = [(key.get("kty"), key.get("crv")) for key in published.keys]
    keys = [key for key, kind in zip(published.keys, kinds, strict=True) if kind == KEY_KIND]
    return decoded(msgspec.json.encode({"keys": keys}), KeySet, reply.server)


def read_bytes(reply: Reply, expected: str) -> bytes:
    """Return the body of a successful answer whose media type is as expected.

    Raises `ApiError`, `UnexpectedAnswer`.
    """
    if media_type(successful(reply)) != expected:
        raise foreign(reply)
    return reply.body


def successful(reply: Reply) -> Reply:
    """Return a 200 as it is; raise what another status means."""
    if reply.status == 200:
        return reply
    raise api_error(reply)


def api_error(reply: Reply) -> ApiError | UnexpectedAnswer:
    """Return the error that an answer other than 200 stands for."""
    problem = _problem(reply)
    wait = retry_after(reply.headers)
    if problem is None:
        if reply.status == 429 or reply.status >= 500:
            sentence = f"{reply.server} can't answer at the moment (status {reply.status})"
            return Unavailable(sentence, reply.status, retry_after=wait)
        return foreign(reply)
    return error_class(problem.code, reply.status)(
        _sentence(problem, reply), reply.status, problem, wait
    )


def _sentence(problem: Problem, reply: Reply) -> str:
    if problem.code == NotFound.code:
        return f"{reply.server} has nothing at {problem.instance}: {DOUBT}"
    request_id = reply.headers.get("X-Request-Id")
    is_bug = reply.status == 500 and request_id
    return f"{problem.detail} (X-Request-Id {request_id})" if is_bug else problem.detail


def foreign(reply: Reply) -> UnexpectedAnswer:
    """Return the error of an answer that is none of the API's."""
    target = reply.headers.get("Location")
    if target and reply.status in range(300, 400):
        return UnexpectedAnswer(
            f"{reply.server} redirects to {target}: give the address that it leads to as base_url"
        )
    what = media_type(reply) or "no content type"
    return UnexpectedAnswer(
        f"{reply.server} answered {reply.status} with {what}, which is no rates API: {DOUBT}"
    )


def _problem(reply: Reply) -> Problem | None:
    """Return the problem document of an answer; an edge may send it as `application/json`."""
    try:
        return msgspec.json.decode(reply.body, type=Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def decoded(body: bytes, kind: type[T], server: str) -> T:
    """Return JSON as `kind`; no number of it goes through a float. Raises `UnexpectedAnswer`."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        name = getattr(kind, "__name__", "list")
        raise UnexpectedAnswer(
            f"{server} answered with something that is no {name} ({error}): {DOUBT}"
        ) from error


def media_type(reply: Reply) -> str:
    """Return the media type without its parameters."""
    return str(reply.headers.get("Content-Type", "")).partition(";")[0].strip().lower()
