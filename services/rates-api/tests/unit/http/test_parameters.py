"""The reading of a request's parameters: all that is wrong, at once, and never a 500."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rates_api.endpoints import ENDPOINTS
from rates_api.http.parameters import query_fields, read
from rates_api.http.problems import MAX_ERRORS, Refused
from rates_api.rates.current import CurrentQuery

NOW = datetime(2026, 8, 14, 16, 0, tzinfo=UTC)
ENORMOUS = "9" * 5000
BAD = ("", "%20", "%zz", "%ff", "%00", "--1", "1e9", "null", "é", ENORMOUS, "٣", "10,", ",")
GOOD = {
    "date": "2024-01-02",
    "dates": "2024-01-02",
    "window": "15d",
    "code": "gap",
    "kind": "fix",
    "roll": "none",
    "as_of": "2026-08-13T17:00:00Z",
    "format": "csv",
    "range": "1y",
    "theme": "dark",
    "lang": "en",
    "days": "10",
    "last": "10",
    "from": "2024-01-02",
    "to": "2024-01-05",
    "month": "2024-01",
    "year": "2024",
    "amount": "10",
    "scale": "2",
    "rounding": "half_up",
    "since": "2024-01-02T18:30:00Z",
    "cursor": "1-0-c",
    "limit": "10",
    "last_event_id": "1-42",
}
CURRENCIES = {"from": "USD", "to": "MXN"}

QUERIES = {endpoint.path: endpoint.query for endpoint in ENDPOINTS}


def good(path: str, name: str) -> str:
    """Return a good value of a parameter of the endpoint."""
    if name == "fields":
        items = query_fields(QUERIES[path])[name].parameter.schema["items"]
        return str(items["enum"][0])
    return CURRENCIES.get(name, GOOD[name]) if path.endswith("convert") else GOOD[name]


def _each() -> Iterator[tuple[str, str]]:
    """Give each query parameter of each endpoint."""
    for endpoint in ENDPOINTS:
        for name in query_fields(endpoint.query):
            if f"{{{name}}}" not in endpoint.path:
                yield endpoint.path, name


EACH = list(_each())


def in_path(path: str) -> dict[str, str]:
    """Return good values of the path's own parameters."""
    return {name: GOOD[name] for name in ("date", "window", "code") if f"{{{name}}}" in path}


def refused(path: str, query: str) -> set[str]:
    """Return the parameters that the refusal names."""
    with pytest.raises(Refused) as caught:
        read(QUERIES[path], query.encode("latin-1", "replace"), in_path(path), NOW)
    assert caught.value.code == "invalid-parameters"
    assert all(error.reason and error.allowed for error in caught.value.errors)
    return {error.parameter for error in caught.value.errors}


@pytest.mark.parametrize(("path", "name"), EACH)
def test_a_bad_value_is_named(path: str, name: str) -> None:
    """Whatever is malformed, out of range or enormous, its parameter is named."""
    for value in BAD:
        assert name in refused(path, f"{name}={value}")


@pytest.mark.parametrize(("path", "name"), [(path, name) for path, name in EACH if name != "dates"])
def test_a_doubled_parameter_is_named(path: str, name: str) -> None:
    """The same good value given twice is refused; only a list may be given in parts."""
    value = good(path, name)
    assert name in refused(path, f"{name}={value}&{name}={value}")


@pytest.mark.parametrize("path", QUERIES)
def test_everything_wrong_is_named_at_once(path: str) -> None:
    """Bad, doubled and unknown parameters all stand in one refusal."""
    names = [name for at, name in EACH if at == path]
    query = "&".join([*(f"{name}=%20" for name in names), "bogus=1", "twice=1", "twice=2", "=x"])
    assert refused(path, query) >= {*names, "bogus", "twice", ""}


def test_a_path_parameter_in_the_query_is_unknown() -> None:
    """`date` belongs into the path of a day, so that no day is asked for twice."""
    assert refused("/api/v1/rates/{date}", "date=2024-01-02") == {"?date"}


def test_a_bad_path_and_a_bad_query_are_one_refusal() -> None:
    """The day in the path and the parameters behind it are judged together."""
    with pytest.raises(Refused) as caught:
        read(QUERIES["/api/v1/rates/{date}"], b"kind=spot", {"date": "2024-02-30"}, NOW)
    assert {error.parameter for error in caught.value.errors} == {"date", "kind"}


@pytest.mark.parametrize(
    ("path", "query", "names"),
    [
        ("/api/v1/rates/historical", "days=0", {"days"}),
        ("/api/v1/rates/historical", "days=3661", {"days"}),
        ("/api/v1/rates/historical", "last=3661", {"last"}),
        ("/api/v1/rates/historical", "days=1&last=1", {"days", "last"}),
        ("/api/v1/rates/historical", "from=2024-01-01&days=1", {"from", "days"}),
        ("/api/v1/rates/historical", "month=2024-01&year=2024", {"month", "year"}),
        ("/api/v1/rates/historical", "days=3&last=1", {"days", "last"}),
        ("/api/v1/rates/historical", "month=2024-13&year=0000", {"month", "year"}),
        ("/api/v1/rates/historical", "to=2024-01-01", {"from"}),
        ("/api/v1/rates/historical", "from=2024-01-02&to=2024-01-01", {"from"}),
        ("/api/v1/rates/gaps", "from=2024-01-02&to=2024-01-01", {"from"}),
        ("/api/v1/rates", "", {"dates"}),
        ("/api/v1/rates", "dates=" + ",".join(["2024-01-02"] * 367), {"dates"}),
        ("/api/v1/convert", "from=USD&to=USD&amount=1", {"to"}),
        ("/api/v1/convert", "from=USD&to=MXN&amount=1234567890123456", {"amount"}),
        ("/api/v1/convert", "from=USD&to=MXN&amount=1.1234567", {"amount"}),
        ("/api/v1/convert", "from=USD&to=MXN&amount=1&scale=11", {"scale"}),
        ("/api/v1/rates/average/{window}", "kind=settlement", {"kind"}),
        ("/api/v1/rates/current", "as_of=2026-08-14T16:00:01Z", {"as_of"}),
        ("/api/v1/rates/current", "as_of=2024-01-02", {"as_of"}),
        ("/api/v1/rates/current", "as_of=0001-01-01T00:00:00%2B14:00", {"as_of"}),
        ("/api/v1/rates/current", "as_of=2024-01-02T25:00:00Z", {"as_of"}),
    ],
)
def test_what_is_out_of_range_or_senseless_is_named(path: str, query: str, names: set[str]) -> None:
    """A value beyond its limit or a pair that contradicts itself is refused by name."""
    assert refused(path, query) == names


def errors(path: str, query: str) -> list[tuple[str, str]]:
    """Return the parameter and the reason of each error, in their order."""
    with pytest.raises(Refused) as caught:
        read(QUERIES[path], query.encode(), in_path(path), NOW)
    return [(error.parameter, error.reason) for error in caught.value.errors]


@pytest.mark.parametrize(
    "query", ["dates=2024-01-02&dates=2024-01-03", "dates=2024-01-02%2C2024-01-03"]
)
def test_a_list_given_in_parts_is_one_list(query: str) -> None:
    """Generated clients repeat the parameter, and some escape the comma."""
    kind = QUERIES["/api/v1/rates"]
    assert read(kind, query.encode(), {}, NOW) == read(
        kind, b"dates=2024-01-02,2024-01-03", {}, NOW
    )


def test_each_malformed_day_of_a_list_is_named() -> None:
    """Ten typos need one try; they stand in the order asked."""
    assert errors("/api/v1/rates", "dates=2024-02-30,2024-01-02,x&dates=2024-13-01&kind=spot") == [
        ("dates", "has a day 1 that is no day of the calendar"),
        ("dates", "has a day 3 that is not written as YYYY-MM-DD"),
        ("dates", "has a day 4 that is no day of the calendar"),
        ("kind", "is none of the options"),
    ]
    listed = errors("/api/v1/rates", f"dates={','.join(['x'] * 60)}")
    assert [reason.split()[3] for _, reason in listed] == [str(day) for day in range(1, 51)]


@pytest.mark.parametrize(
    ("path", "query", "detail"),
    [
        ("/api/v1/rates/historical", "days=010", "`days` is padded: write `10`."),
        ("/api/v1/convert", "from=usd&to=MXN&amount=1", "`from` is misspelled: write `USD`."),
        ("/api/v1/rates/current", "kind=FIX", "`kind` is misspelled: write `fix`."),
        (
            "/api/v1/rates/current",
            "kind=spot",
            "`kind` is none of the options: write one of fix, settlement, dof.",
        ),
        (
            "/api/v1/convert",
            "from=USD&to=MXN&amount=1,234.56",
            "`amount` has a comma or a separator: write 1234.56, with a point before the decimals.",
        ),
        (
            "/api/v1/rates/current",
            "as_of=2024-01-02",
            "`as_of` is a day: write an instant, as `2024-01-02T18:00:00Z`.",
        ),
        (
            "/api/v1/rates/current",
            "as_of=2024-01-02T18:30:00.1234567Z",
            "`as_of` has more than six decimals: write six at most.",
        ),
        (
            "/api/v1/rates/historical",
            "days=0&kind=spot",
            "`days` is out of range: write a whole number from 1 to 3660. `errors` lists all 2.",
        ),
    ],
)
def test_the_detail_says_what_to_do(path: str, query: str, detail: str) -> None:
    """The first error as a sentence, and that there are more."""
    with pytest.raises(Refused) as caught:
        read(QUERIES[path], query.encode(), in_path(path), NOW)
    assert caught.value.detail == detail


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("latest", "/api/v1/rates/current"),
        ("Today", "/api/v1/rates/current"),
        ("latest.txt", "/api/v1/rates/current?format=txt"),
        ("2024", "/api/v1/rates/historical?year=2024"),
        ("2024-02", "/api/v1/rates/historical?month=2024-02"),
        ("2024.csv", "/api/v1/rates/historical?format=csv&year=2024"),
        ("2024-01-02.csv", "/api/v1/rates/2024-01-02?format=csv"),
    ],
)
def test_what_was_meant_by_no_day_is_named(text: str, meant: str) -> None:
    """Paths of other services lead to the one that answers here."""
    with pytest.raises(Refused) as caught:
        read(QUERIES["/api/v1/rates/{date}"], b"", {"date": text}, NOW)
    assert caught.value.detail == f"`date` is no day: ask `{meant}`."


@pytest.mark.parametrize("text", ["2024-02-30", "yesterday", "20240102", "x.csv", "2024-13"])
def test_where_nothing_was_meant_no_path_is_named(text: str) -> None:
    """A day that is only mistaken is told how days are written."""
    with pytest.raises(Refused) as caught:
        read(QUERIES["/api/v1/rates/{date}"], b"", {"date": text}, NOW)
    assert "ask" not in caught.value.detail


def test_no_error_repeats_an_enormous_text() -> None:
    """Whatever is wrong, the problem stays small."""
    for path, name in EACH:
        with pytest.raises(Refused) as caught:
            read(QUERIES[path], f"{name}={ENORMOUS}.csv".encode(), in_path(path), NOW)
        document = msgspec.json.encode(caught.value.document("/"))
        assert len(document) < 2000


def test_a_blank_for_a_plus_is_told_how_to_write_it() -> None:
    """`+` in a query string means a blank; the refusal says `Z` or `%2B`."""
    with pytest.raises(Refused) as caught:
        read(QUERIES["/api/v1/rates/current"], b"as_of=2024-01-02T18:30:00+00:00", {}, NOW)
    assert "`Z` or `%2B`" in caught.value.errors[0].reason


def test_an_enormous_query_gets_no_enormous_answer() -> None:
    """Of thousands of unknown parameters the first are listed and all are counted."""
    query = "&".join(f"p{n}={'x' * 20}" for n in range(3000)).encode()
    with pytest.raises(Refused) as caught:
        read(QUERIES["/api/v1/rates/current"], query, {}, NOW)
    assert len(caught.value.errors) == MAX_ERRORS
    assert "3000" in caught.value.detail


def test_requests_that_read_alike_are_the_same_query() -> None:
    """Order, defaults spelled out and equal instants make one canonical query (rule 16)."""
    kind = QUERIES["/api/v1/rates/current"]
    spelled = b"as_of=2024-01-02T12:30:00-06:00&kind=fix"
    assert read(kind, spelled, {}, NOW) == read(kind, b"as_of=2024-01-02T18:30:00Z", {}, NOW)


@pytest.mark.parametrize(("fraction", "microsecond"), [("5", 500_000), ("123456", 123_456)])
def test_a_fraction_of_a_second_is_read(fraction: str, microsecond: int) -> None:
    """RFC 3339 allows a second's fraction; the record counts in microseconds."""
    query = read(CurrentQuery, f"as_of=2024-01-02T18:30:00.{fraction}Z".encode(), {}, NOW)
    assert query.as_of == datetime(2024, 1, 2, 18, 30, 0, microsecond, tzinfo=UTC)


@given(raw=st.binary(max_size=200), path=st.sampled_from(sorted(QUERIES)))
def test_any_bytes_are_read_or_refused(raw: bytes, path: str) -> None:
    """Whatever bytes a query string has, it is read or refused, nothing else is raised."""
    with suppress(Refused):
        read(QUERIES[path], raw, in_path(path), NOW)
