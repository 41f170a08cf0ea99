"""Reads a request's parameters into a typed query, collecting everything that is wrong.

A query is a frozen dataclass whose fields are annotated with a `Parameter`; `openapi` describes the
same declarations, so that documentation and parser can't differ. The query is also the canonical
form of the request: two requests that read alike share one rendered answer (protocol rule 16).
"""

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar, get_type_hints
from urllib.parse import quote, unquote_to_bytes

from rates_api.http.problems import ParametersRefused
from rates_contracts.answers import ParameterError

T = TypeVar("T", bound="Query")
LONGEST_NAME = 64
BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclasses.dataclass(frozen=True)
class Parameter:
    """One parameter: how its text is read, and how both are described.

    `read` raises `ValueError` with the reason; `schema` is its JSON schema. Those that stand in the
    path are named in the endpoint's path template.
    """

    name: str
    doc: str
    allowed: str
    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    endless: bool = False
    """So many values are asked for that none is worth a finished answer."""


@dataclasses.dataclass(frozen=True)
class Reading:
    """A request half read: the well-formed values by name, every name given, and now."""

    values: Mapping[str, Any]
    given: frozenset[str]
    now: datetime


Rule = Callable[[Reading], Iterator[ParameterError]]


@dataclasses.dataclass(frozen=True)
class Query:
    """The base of all queries; `rules` say what no single parameter can say."""

    rules: ClassVar[tuple[Rule, ...]] = ()


@dataclasses.dataclass(frozen=True)
class Declared:
    """A query's field and the parameter it is read from; without a default it is required."""

    field: str
    parameter: Parameter
    default: Any

    @property
    def required(self) -> bool:
        """Tell whether a request must name it."""
        return self.default is dataclasses.MISSING


def is_endless(query: Query) -> bool:
    """Tell whether a parameter of `query` has a value out of endlessly many."""
    kind: Any = type(query)
    return any(getattr(query, field) is not None for field in _endless(kind))


@cache
def _endless(query: type[Query]) -> tuple[str, ...]:
    return tuple(one.field for one in declared(query) if one.parameter.endless)


def declared(query: type[Query]) -> tuple[Declared, ...]:
    """Return the query's parameters, in order."""
    hints = get_type_hints(query, include_extras=True)
    return tuple(
        Declared(field.name, hints[field.name].__metadata__[0], field.default)
        for field in dataclasses.fields(query)
    )


class QueryReader(Generic[T]):
    """Reads requests into queries of one type."""

    def __init__(self, query: type[T]) -> None:
        """Look up the declarations once."""
        self._query = query
        self._declared = declared(query)
        self._known = {one.parameter.name: one.parameter for one in self._declared}
        self._fields = {one.parameter.name: one.field for one in self._declared}

    def read(self, raw: bytes, path: Mapping[str, str], now: datetime) -> T:
        """Read the raw query string and the path's parameters.

        Raises `ParametersRefused` with everything that is wrong: bad, doubled, unknown, missing.
        """
        # A path arrives unescaped; escaped again, one reader fits both.
        given = {name: [quote(value, safe="")] for name, value in path.items()}
        given |= dict(_pairs(raw, reserved=path))
        values: dict[str, Any] = {}
        errors = list(self._read_values(values, given))
        errors += self._missing(given)
        reading = Reading(values, frozenset(given), now)
        errors += [error for rule in self._query.rules for error in rule(reading)]
        errors += [self._unknown(name) for name in given if name not in self._known]
        if errors:
            raise ParametersRefused(errors)
        return self._query(**{self._fields[name]: value for name, value in values.items()})

    def texts(self, query: T) -> dict[str, str]:
        """Return the one spelling of each parameter's value, in order, without the endless ones."""
        return {
            one.parameter.name: str(getattr(query, one.field))
            for one in self._declared
            if not one.parameter.endless
        }

    def _read_values(
        self, values: dict[str, Any], given: Mapping[str, list[str]]
    ) -> Iterator[ParameterError]:
        for name, parameter in self._known.items():
            texts = given.get(name, [])
            if len(texts) > 1:
                yield ParameterError(name, f"is given {len(texts)} times", parameter.allowed)
            elif texts:
                try:
                    values[name] = parameter.read(unescaped(texts[0]))
                except ValueError as error:
                    yield ParameterError(name, str(error), parameter.allowed)

    def _missing(self, given: Mapping[str, Any]) -> list[ParameterError]:
        return [
            ParameterError(one.parameter.name, "is missing", one.parameter.allowed)
            for one in self._declared
            if one.required and one.parameter.name not in given
        ]

    def _unknown(self, name: str) -> ParameterError:
        allowed = f"one of {', '.join(self._known)}" if self._known else "no parameter at all"
        return ParameterError(name, "is unknown here", allowed)


def _pairs(raw: bytes, reserved: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each name of the query string with all its values, still escaped."""
    found: dict[str, list[str]] = {}
    for pair in raw.decode("latin-1").split("&"):
        if pair:
            name, _, value = pair.partition("=")
            found.setdefault(_name(name), []).append(value)
    for name, values in found.items():
        # A path parameter repeated in the query string is no parameter of this endpoint.
        yield (f"?{name}" if name in reserved else name), values


def _name(text: str) -> str:
    try:
        return unescaped(text)[:LONGEST_NAME]
    except ValueError:
        return text[:LONGEST_NAME]


def unescaped(text: str) -> str:
    """Undo the form encoding of a query string, `+` included. Raises `ValueError`."""
    if BAD_ESCAPE.search(text):
        raise ValueError("has a `%` that no two hexadecimal digits follow")
    try:
        return unquote_to_bytes(text.replace("+", " ").encode("latin-1")).decode()
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8") from error
