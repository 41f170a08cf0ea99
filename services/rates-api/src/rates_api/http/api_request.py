"""A request as the endpoints need it, whoever has received it: Litestar, or Granian itself."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class ApiRequest(NamedTuple):
    """One request: `path` unescaped, `query` as sent, all values of a header by `values`.

    Names of headers are in small letters; `path_params` are what a router has found in the path.
    """

    method: str
    path: str
    query: bytes
    path_params: Mapping[str, str]
    values: Callable[[str], Sequence[str]]
