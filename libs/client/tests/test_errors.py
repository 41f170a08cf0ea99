"""What goes wrong is an error of this package's tree, and its text one sentence."""

import re
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from usdmxn import (
    ApiError,
    AsyncClient,
    Client,
    NoValue,
    Refused,
    Unavailable,
    UnexpectedAnswer,
    UsdMxnError,
    errors,
)
from usdmxn.errors import BY_CODE, ConnectionFailed, InvalidArgument, InvalidParameters, NotFound

Respond = Callable[..., httpx.Response]
SENTENCE = re.compile(r"[^\n]{10,}")


def on(rates: Any) -> Any:
    """Ask for a day."""
    return rates.on("2026-08-14", kind="fix")


def problem(code: str, status: int, **members: Any) -> httpx.Response:
    """Answer with a problem document."""
    document = {"type": f"/problems/{code}", "title": "T", "status": status, "code": code}
    return httpx.Response(
        status, json={**document, "detail": "It is so today.", "errors": [], **members}
    )


@pytest.mark.parametrize("code", BY_CODE)
def test_each_code_has_a_class_of_its_name(asking: Any, server: Any, code: str) -> None:
    """`not-yet-published` is `NotYetPublished`, in the family that says what it means."""
    cls = BY_CODE[code]
    name = "".join(word.capitalize() for word in code.split("-"))
    assert cls is getattr(errors, name)
    status = {Refused: 422, NoValue: 404, Unavailable: 503}[cls.__mro__[1]]
    server.says(problem(code, status))
    with pytest.raises(cls) as raised:
        asking(on, retries=0)
    assert raised.value.code == code
    assert SENTENCE.fullmatch(str(raised.value))


@pytest.mark.parametrize(
    ("status", "family"),
    [(404, NoValue), (422, Refused), (400, Refused), (500, Unavailable), (429, Unavailable)],
)
def test_an_unknown_code_is_of_its_family(
    asking: Any, server: Any, status: int, family: type[ApiError]
) -> None:
    """A later v1 may add codes; `problem` has the whole document, without what nobody knows."""
    server.says(problem("moon-phase", status, phase="full"))
    with pytest.raises(family, match="It is so") as raised:
        asking(on, retries=0)
    assert type(raised.value) is family
    assert raised.value.problem is not None
    assert raised.value.problem.code == "moon-phase"


def test_everything_that_is_wrong_is_said(asking: Any, server: Any, example: Respond) -> None:
    """All parameters at once, each with what is allowed."""
    server.says(example("convert_422_wrong_parameters"))
    with pytest.raises(InvalidParameters) as raised:
        asking(lambda rates: rates.convert("1,5", "USD", "USD", kind="fix"))
    assert raised.value.errors
    assert all(error.parameter and error.allowed for error in raised.value.errors)


def test_a_problem_may_call_itself_json(asking: Any, server: Any) -> None:
    """An edge before the service sends it so, without `instance`: the status counts."""
    sent = problem("too-many-requests", 429)
    assert sent.headers["content-type"] == "application/json"
    server.says(sent)
    with pytest.raises(errors.TooManyRequests):
        asking(on, retries=0)


def test_a_mistake_of_the_service_is_said_with_its_request(asking: Any, server: Any) -> None:
    """By the id that its log has."""
    server.says(problem("internal-error", 500))
    server.script[0].headers["x-request-id"] = "abc-1"
    with pytest.raises(errors.InternalError, match="abc-1"):
        asking(on)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
def test_a_page_of_an_edge_is_unavailability(asking: Any, server: Any, status: int) -> None:
    """It is no problem document, and says no less."""
    server.says(httpx.Response(status, html="<h1>Bad Gateway</h1>"))
    with pytest.raises(Unavailable, match=f"status {status}") as raised:
        asking(on, retries=0)
    assert raised.value.code is None
    assert raised.value.errors == ()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda: httpx.Response(200, html="<title>It works!</title>"), "no Rate"),
        (lambda: httpx.Response(200, json={"rates": {"MXN": 17.05}}), "missing required field"),
        (lambda: httpx.Response(200, content=b"\xff{"), "no Rate"),
        (lambda: httpx.Response(404, html="<h1>Not Found</h1>"), "404 with text/html"),
        (lambda: httpx.Response(404, json={"detail": "Not Found"}), "no rates API"),
        (lambda: httpx.Response(204), "204 with no content type"),
        (
            lambda: httpx.Response(301, headers={"location": "https://rates.example/"}),
            "redirects to https",
        ),
        (lambda: httpx.Response(304), "304"),
        (
            lambda: httpx.Response(
                200, stream=httpx.ByteStream(b"<html>"), headers={"content-encoding": "gzip"}
            ),
            "unpacked",
        ),
    ],
    ids=["page", "foreign", "bytes", "404 page", "404", "empty", "redirect", "304", "packed"],
)
def test_what_is_no_answer_of_the_api_asks_for_the_address(
    asking: Any, server: Any, answer: Callable[[], httpx.Response], words: str
) -> None:
    """A wrong `base_url` leads to pages, foreign JSON, redirects."""
    server.says(lambda _: answer())
    with pytest.raises(UnexpectedAnswer, match=words) as raised:
        asking(on)
    assert SENTENCE.fullmatch(str(raised.value))
    assert "127.0.0.1:8000" in str(raised.value)


@pytest.mark.parametrize(
    "rate", ["NaN", "-NaN", "sNaN", "Infinity", "1E+30", "1e-40", "0", "-0", "-17.05", "17,05"]
)
def test_what_is_no_rate_is_not_taken_for_one(
    asking: Any, server: Any, example: Respond, rate: str
) -> None:
    """Decimals know more than finite numbers above 0 in plain notation; nobody computes with it."""
    sent = {**example("day_200_settlement").json(), "rate": rate}
    server.says(httpx.Response(200, json=sent))
    with pytest.raises(UnexpectedAnswer, match="no Rate"):
        asking(on)


def test_a_path_that_is_not_served_says_so(asking: Any, server: Any) -> None:
    """An older server lacks it, or the address is not its root."""
    server.says(problem("not-found", 404, instance="/api/v1/days/2026-08-14"))
    with pytest.raises(NotFound, match=r"nothing at /api/v1/days.*as new as this client"):
        asking(lambda rates: rates.day("2026-08-14"))


@pytest.mark.parametrize(
    "url",
    [
        *("rates.example", "ftp://rates.example", "http://", ""),
        *("http://..", "http://-é-.mx", f"http://{'a' * 70}.mx", "http://\udcff/"),
        *("http://x:99999", "http://x:0", "http://[::1"),
    ],
)
def test_what_is_no_address_is_refused_at_once(asking: Any, url: str) -> None:
    """Before anything is asked."""
    with pytest.raises(InvalidArgument, match="base_url"):
        asking(on, base_url=url)


@pytest.mark.parametrize(
    ("name", "value"),
    [("HTTP_PROXY", "foo://proxy.example"), ("SSL_CERT_FILE", "/no/such/file.pem")],
)
@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_an_environment_that_can_not_be_used_is_said(
    monkeypatch: pytest.MonkeyPatch, client: Any, name: str, value: str
) -> None:
    """A proxy of an unknown kind, certificates that are not there."""
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidArgument, match=name):
        client()


def test_a_proxy_whose_package_lacks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence of httpx says which."""
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    with pytest.raises(InvalidArgument, match="socksio"):
        Client()


def test_an_address_that_is_too_long_is_said(asking: Any) -> None:
    """Before anything is sent."""
    with pytest.raises(InvalidArgument, match="can't be asked"):
        asking(lambda rates: rates.current(kind="x" * 70_000))


def test_a_password_in_the_address_is_not_said(asking: Any, server: Any) -> None:
    """Errors name the host alone."""
    server.says(httpx.ConnectError("refused"))
    with pytest.raises(ConnectionFailed) as raised:
        asking(on, base_url="https://user:secret@rates.example", retries=0)
    assert "rates.example" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_all_errors_have_one_root() -> None:
    """Whoever catches it catches everything raised on purpose."""
    classes = [each for each in vars(errors).values() if isinstance(each, type)]
    raised = [each for each in classes if issubclass(each, Exception)]
    assert raised
    assert all(issubclass(each, UsdMxnError) for each in raised)


def test_the_tree_is_drawn() -> None:
    """Every class that stands for more than a code is in the docstring."""
    drawn = errors.__doc__ or ""
    missing = [
        name
        for name, each in vars(errors).items()
        if isinstance(each, type)
        and issubclass(each, UsdMxnError)
        and each not in BY_CODE.values()
        and f" {name} " not in drawn.replace("\n", " \n")
    ]
    assert missing == []
