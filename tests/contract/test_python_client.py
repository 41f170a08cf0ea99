"""The Python client against rates-api itself, in this process, and against its tables."""

import asyncio
import doctest
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

import usdmxn
from rates_api.http.problems import PROBLEMS
from rates_api.rates.days import USES
from support.modules import load_module
from usdmxn import AsyncClient, Client, NoValue, Refused, Unavailable
from usdmxn.answers import Answer, History
from usdmxn.calls import Calls
from usdmxn.errors import BY_CODE, InvalidParameters, NotYetPublished
from usdmxn.events import Disconnected, State
from usdmxn.purposes import KINDS

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]
WORLD = ROOT / "services" / "rates-api" / "tests" / "unit" / "world.py"
AUGUST = datetime(2026, 8, 1, tzinfo=UTC)
Use = Callable[[Any], Any]


@pytest.fixture(scope="module")
def world() -> ModuleType:
    """Give the real record and workers around it; by path, since test folders are no packages."""
    return load_module(WORLD)


class InProcess(httpx.AsyncBaseTransport, httpx.BaseTransport):
    """rates-api on Friday 2026-08-14 at ten, without a network; `statuses` are what it answered."""

    def __init__(self, world: ModuleType) -> None:
        worker = world.Worker(world.snapshot().with_feed("database").with_feed("redis"))
        self._api = httpx.ASGITransport(world.application(worker))
        self.statuses: list[int] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask it."""
        response = await self._api.handle_async_request(request)
        self.statuses.append(response.status_code)
        return response

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Ask it, and wait."""

        async def whole() -> httpx.Response:
            response = await self.handle_async_request(request)
            body = b"".join([part async for part in response.aiter_raw()])
            return httpx.Response(
                response.status_code, headers=response.headers, stream=httpx.ByteStream(body)
            )

        return asyncio.run(whole())


@pytest.fixture
def api(world: ModuleType) -> InProcess:
    """Give the API."""
    return InProcess(world)


def ask(api: InProcess, use: Use) -> Any:
    """Return what a blocking client makes of an answer, iterators as lists."""
    with Client("http://api.test", transport=api, retries=0) as rates:
        answer = use(rates)
        return list(answer) if isinstance(answer, Iterator) else answer


def ask_async(api: InProcess, use: Use) -> Any:
    """Return what an asynchronous client makes of it."""

    async def asked() -> Any:
        async with AsyncClient("http://api.test", transport=api, retries=0) as rates:
            answer = use(rates)
            if isinstance(answer, AsyncIterator):
                return [item async for item in answer]
            return await answer

    return asyncio.run(asked())


BOTH = pytest.mark.parametrize("ask", [ask, ask_async], ids=["blocking", "asynchronous"])


@BOTH
@pytest.mark.parametrize(
    "use",
    [
        lambda rates: rates.on("2026-08-16", purpose="cfdi_invoice"),
        lambda rates: rates.on(date(2012, 7, 1), kind="dof", roll="previous", as_of=AUGUST),
        lambda rates: rates.current(kind="fix"),
        lambda rates: rates.current(kind="dof"),
        lambda rates: rates.current(purpose="obligation"),
        lambda rates: rates.day("2026-08-14"),
        lambda rates: rates.convert(Decimal("-10.50"), "MXN", "USD", kind="fix", scale=10),
        lambda rates: rates.history(last=10, kind="dof"),
        lambda rates: rates.history(start="2024-01-01", end="2024-02-29", purpose="tax"),
        lambda rates: rates.summary(year=2025, kind="settlement"),
        lambda rates: rates.monthly(start="2001-01", end="2026-08", kind="fix"),
        lambda rates: rates.keys(),
        lambda rates: rates.capabilities(),
        lambda rates: rates.health(),
    ],
)
def test_what_the_api_answers_is_read(
    api: InProcess, ask: Callable[[InProcess, Use], Any], use: Use
) -> None:
    """Every parameter is known to it, every answer is one of ours."""
    assert isinstance(ask(api, use), Answer)
    assert api.statuses == [200]


@BOTH
def test_more_days_than_one_answer_has(
    api: InProcess, ask: Callable[[InProcess, Use], Any]
) -> None:
    """They come in the order asked, each as it is asked for alone."""
    days = [date(2026, 8, 20) - timedelta(days=number) for number in range(1000)]
    results = ask(api, lambda rates: rates.dates(days, purpose="tax"))
    assert [result.requested for result in results] == days
    assert len(api.statuses) == 1 + 3
    assert {result.problem.code for result in results if result.problem} == {"not-yet-known"}
    alone = ask(api, lambda rates: rates.on(days[500], purpose="tax"))
    assert results[500].rate == alone.rate


@BOTH
def test_everything_ever_recorded_is_walked(
    api: InProcess, ask: Callable[[InProcess, Use], Any]
) -> None:
    """Over all pages, none twice, none left out."""
    pages = ask(api, lambda rates: rates.change_pages(kind="fix"))
    changes = ask(api, lambda rates: rates.changes(kind="fix"))
    assert len(pages) > 1
    assert [change for page in pages for change in page.changes] == changes
    assert len({(change.date, change.revision) for change in changes}) == len(changes)
    assert changes[0].date == date(1991, 11, 12)


def test_an_unchanged_answer_costs_a_304(api: InProcess) -> None:
    """Its ETag is the API's, and an answer by `as_of` is not asked for again at all."""
    then = datetime(2026, 8, 13, tzinfo=UTC)

    def twice(rates: Client) -> None:
        for _ in range(2):
            rates.history(year=2025, kind="fix")
            rates.on("2026-08-12", kind="fix", as_of=then)

    ask(api, twice)
    assert api.statuses == [200, 200, 304]


@BOTH
def test_problems_are_errors(api: InProcess, ask: Callable[[InProcess, Use], Any]) -> None:
    """With what the document says beside its code."""
    with pytest.raises(NotYetPublished, match=r"2026-08-14") as raised:
        ask(api, lambda rates: rates.on("2026-08-14", kind="fix"))
    assert raised.value.expected_at == datetime(2026, 8, 14, 18, tzinfo=UTC)
    with pytest.raises(InvalidParameters) as refused:
        ask(api, lambda rates: rates.convert("1,234.56", "USD", "USD", kind="euro"))
    assert {error.parameter for error in refused.value.errors} == {"amount", "kind", "to"}


def test_the_stream_is_followed(api: InProcess) -> None:
    """It begins with the state; the end of this one is said."""
    with Client("http://api.test", transport=api) as rates:
        events = rates.watch()
        state, gap = next(events), next(events)
    assert isinstance(state, State)
    assert state.current["settlement"] == ask(api, lambda rates: rates.current(purpose="tax"))
    assert isinstance(gap, Disconnected)


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_problem_has_an_error(code: str) -> None:
    """In the family that says what to do: what is 404 is no value, 5xx and 429 may pass."""
    status = PROBLEMS[code].status
    if status == 429 or status >= 500:
        assert issubclass(BY_CODE[code], Unavailable)
    elif status == 404 and code not in ("not-found", "unknown-window"):
        assert issubclass(BY_CODE[code], NoValue)
    else:
        assert issubclass(BY_CODE[code], Refused)


def test_no_error_is_of_a_problem_that_there_is_not() -> None:
    """Both tables have the same codes."""
    assert set(BY_CODE) == set(PROBLEMS)


def test_purposes_are_the_apis() -> None:
    """Kind by kind."""
    assert {use.purpose: use.kind for use in USES} == KINDS


@pytest.mark.parametrize(
    "documented",
    [
        *(getattr(Client, name) for name in vars(Calls) if not name.startswith("_")),
        *(Client, usdmxn, History.to_pandas, History.to_polars),
    ],
    ids=lambda each: each.__name__,
)
def test_an_example_in_the_documentation_is_true(api: InProcess, documented: Any) -> None:
    """It gives what it says, over the real record on that Friday."""
    client = partial(Client, transport=api)
    known = {"Client": client, "State": State, "datetime": datetime, "UTC": UTC, "sha256": sha256}
    with client("http://api.test") as rates:
        example = doctest.DocTestParser().get_doctest(
            documented.__doc__,
            {**known, "rates": rates},
            documented.__name__,
            None,
            None,
        )
        said: list[str] = []
        outcome = doctest.DocTestRunner().run(example, out=said.append)
    assert outcome.attempted
    assert not outcome.failed, "".join(said)


def test_the_readme_is_true(
    api: InProcess, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it shows of Python runs as it stands there."""
    text = (ROOT / "libs" / "client" / "README.md").read_text(encoding="utf-8")
    program = text.partition("```python\n")[2].partition("```")[0]
    monkeypatch.setattr(usdmxn, "Client", partial(Client, transport=api))
    exec(compile(program, "README.md", "exec"), {})
    said = capsys.readouterr().out.splitlines()
    assert said[:4] == ["17.0633", "21065.67", "2024-01-02 17.0297", "2024-02-29 17.0633"]
    assert "rows x 4 columns" in said[-1]
