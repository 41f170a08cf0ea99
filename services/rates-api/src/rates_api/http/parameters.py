"""Reads a request's parameters into a typed query, collecting everything that is wrong.

A query is a frozen dataclass whose fields are annotated with a `Parameter`; `openapi` describes the
same declarations, so that documentation and parser can't differ. The query is also the canonical
form of the request: requests for the same query share one rendered answer (protocol rule 16).

Everything that is wrong with a request is refused as one problem, `invalid-parameters` (422). What
can be wrong with any parameter (missing, doubled, unknown, badly escaped) is found here; the
reasons of single values, and of combinations (`Query.rules`), are written in
`rates.query_parameters` and in the endpoint's own module. Only a path that names no resource is
another problem, by the `Refused` of its parameter's `read`: an unknown average window is 404
`unknown-window`, an unknown problem page 404 `not-found`.
"""

import dataclasses
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, TypeVar, get_type_hints
from urllib.parse import quote, unquote_to_bytes

from rates_api.http.problems import ParametersRefused
from rates_contracts.answers import ParameterError

Q = TypeVar("Q", bound="Query")
MAX_NAME_LENGTH = 64
MAX_MALFORMED_LENGTH = 64
PLAIN = re.compile(r"[!-$&-*,-~]*")
"""What no escape, blank or byte above ASCII is in: most texts."""
BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclasses.dataclass(frozen=True)
class Parameter:
    """One parameter: how its text is read, and how both are described.

    `read` raises `ValueError` with the reason, or with one for each malformed entry of a list,
    which join the request's `invalid-parameters`, or `Refused` where the value gets a problem of
    its own, alone; `schema` is its JSON schema. Those in the path are named in the endpoint's path
    template.
    """

    name: str
    doc: str
    allowed: str
    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    unbounded: bool = False
    """It has so many values that caching whole responses is not worth it."""
    check: Callable[[Any, datetime], str | None] | None = None
    """Returns what is wrong with a value at the instant of the request (UTC), None if nothing."""
    needs: tuple[str, str] | None = None
    """The parameter, and its value, without which it says nothing."""
    forgiving: bool = False
    """A malformed value refuses nothing: it is read as `Malformed`, for a page to say."""

    @property
    def is_list(self) -> bool:
        """Tell whether its value is a comma list: given several times, it is all of their entries.

        Generated clients write `dates=a&dates=b`.
        """
        return bool(self.schema["type"] == "array")


@dataclasses.dataclass(frozen=True)
class Malformed:
    """What was sent in the place of a value: the first characters, as sent or unescaped."""

    text: str


Rule = Callable[[Mapping[str, Any], Set[str]], Iterator[ParameterError]]
"""Yields what is wrong with the well-formed values by name, given all names in the request."""


@dataclasses.dataclass(frozen=True)
class Query:
    """The base of all queries; `rules` check combinations of parameters.

    `ignores_unknown` tells whether parameters that it does not have are passed over, as links to
    pages carry them.
    """

    rules: ClassVar[tuple[Rule, ...]] = ()
    ignores_unknown: ClassVar[bool] = False

    @property
    def kept(self) -> bool:
        """Tell whether its answer is kept: not where hardly anybody else asks for it."""
        return True


@dataclasses.dataclass(frozen=True)
class QueryField:
    """A query's field and the parameter it is read from; `required` ones have no default."""

    name: str
    parameter: Parameter
    default: Any
    required: bool


Fields = Mapping[str, QueryField]
"""A query's fields by their parameters' names, in order."""


@cache
def _query_fields(kind: Any) -> Fields:
    hints = get_type_hints(kind, include_extras=True)
    fields = (
        QueryField(
            field.name,
            hints[field.name].__metadata__[0],
            field.default,
            required=field.default is dataclasses.MISSING,
        )
        for field in dataclasses.fields(kind)
    )
    return {field.parameter.name: field for field in fields}


query_fields: Callable[[Any], Fields] = _query_fields
"""Returns the fields of a type of queries; a cached function's type would take only `Hashable`."""


def read(kind: type[Q], raw: bytes, path: Mapping[str, str], now: datetime) -> Q:
    """Read the raw query string and the path's parameters, at the instant `now` (UTC).

    Raises `ParametersRefused` with everything that is wrong, or a value's own `Refused`.
    """
    # A path arrives unescaped; escaped again, it is read as the query string is.
    given = {name: [quote(value, safe="")] for name, value in path.items()}
    given |= _pairs(raw, reserved=path)
    fields = query_fields(kind)
    values: dict[str, Any] = {}
    errors = [
        *_read_values(fields, given, values),
        *_missing(fields, given.keys()),
        *(error for rule in kind.rules for error in rule(values, given.keys())),
        *_checked(fields, values, now),
        *_misplaced(fields, given, values),
        *(() if kind.ignores_unknown else _unknown(fields, given)),
    ]
    if errors:
        raise ParametersRefused(errors)
    return kind(**{fields[name].name: value for name, value in values.items()})


def _read_values(
    fields: Fields, given: Mapping[str, list[str]], values: dict[str, Any]
) -> Iterator[ParameterError]:
    """Store what can be read in `values`, yield what is wrong with the rest."""
    for name, field in fields.items():
        texts = given.get(name)
        if texts is None:
            continue
        parameter = field.parameter
        if parameter.forgiving:
            values[name] = _forgiven(parameter, ",".join(texts))
        elif len(texts) > 1 and not parameter.is_list:
            yield ParameterError(name, f"is given {len(texts)} times", parameter.allowed)
        else:
            try:
                values[name] = parameter.read(unescaped(",".join(texts)))
            except ValueError as error:
                yield from (ParameterError(name, why, parameter.allowed) for why in error.args)


def _forgiven(parameter: Parameter, sent: str) -> Any:
    """Return the value, `Malformed` where there is none. Given several times is malformed, too."""
    text = sent
    try:
        text = unescaped(sent)
        return parameter.read(text)
    except ValueError:
        return Malformed(text[:MAX_MALFORMED_LENGTH])


def _missing(fields: Fields, given: Set[str]) -> Iterator[ParameterError]:
    for name, field in fields.items():
        if field.required and name not in given:
            yield ParameterError(name, "is missing", field.parameter.allowed)


def _checked(fields: Fields, values: Mapping[str, Any], now: datetime) -> Iterator[ParameterError]:
    for name, value in values.items():
        parameter = fields[name].parameter
        if parameter.check is not None and (reason := parameter.check(value, now)):
            yield ParameterError(name, reason, parameter.allowed)


def _misplaced(
    fields: Fields, given: Collection[str], values: Mapping[str, Any]
) -> Iterator[ParameterError]:
    """Yield those given without the value of another parameter that they need."""
    for name in given:
        needed = fields[name].parameter.needs if name in fields else None
        if needed is not None and _is_lacking(needed, given, values):
            pair = "=".join(needed)
            allowed = f"`{pair}` beside it, or no `{name}`"
            yield ParameterError(name, f"is for `{pair}` alone", allowed)


def _is_lacking(needed: tuple[str, str], given: Collection[str], values: Mapping[str, Any]) -> bool:
    """Tell whether a parameter has not the value needed; a malformed one is told by itself."""
    other, value = needed
    is_malformed = other in given and other not in values
    return not is_malformed and values.get(other) != value


def _unknown(fields: Fields, given: Iterable[str]) -> Iterator[ParameterError]:
    for name in given:
        if name not in fields:
            allowed = f"one of {', '.join(fields)}" if fields else "no parameter at all"
            yield ParameterError(name, "is unknown here", allowed)


def is_unbounded(query: Query) -> bool:
    """Tell whether an unbounded parameter of `query` has a value."""
    return any(
        field.parameter.unbounded and getattr(query, field.name) is not None
        for field in query_fields(type(query)).values()
    )


def is_canonical(query: Query, template: str, path: str, raw_query: bytes) -> bool:
    """Tell whether a request for `query` is spelled in one of the few ways that are cached.

    `template` is the endpoint's path. In the query's order, each parameter with a
    default may be named or not; so few spellings share an answer that they displace no others.
    """
    texts = {
        name: str(getattr(query, field.name))
        for name, field in query_fields(type(query)).items()
        if not field.parameter.unbounded
    }
    named = {pair.partition("=")[0] for pair in raw_query.decode("latin-1").split("&")}
    spelled = "&".join(f"{name}={text}" for name, text in texts.items() if name in named)
    return template.format_map(texts) == path and spelled.encode() == raw_query


def _pairs(raw: bytes, reserved: Mapping[str, str]) -> Mapping[str, list[str]]:
    """Return each name of the query string with all its values, still escaped."""
    found: dict[str, list[str]] = {}
    for pair in raw.decode("latin-1").split("&"):
        if pair:
            name, _, value = pair.partition("=")
            found.setdefault(_name(name), []).append(value)
    # A path parameter repeated in the query string is no parameter of this endpoint.
    for name in [name for name in found if name in reserved]:
        found[f"?{name}"] = found.pop(name)
    return found


def _name(text: str) -> str:
    try:
        return unescaped(text)[:MAX_NAME_LENGTH]
    except ValueError:
        return text[:MAX_NAME_LENGTH]


def unescaped(text: str) -> str:
    """Undo the form encoding of a query string, `+` included. Raises `ValueError`."""
    if PLAIN.fullmatch(text):
        return text
    if BAD_ESCAPE.search(text):
        raise ValueError("has a `%` that no two hexadecimal digits follow")
    try:
        return unquote_to_bytes(text.replace("+", " ").encode("latin-1")).decode()
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8") from error
