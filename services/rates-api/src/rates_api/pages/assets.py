"""Style, scripts and images of the pages, at addresses with a hash of their content.

An address never gets other bytes: browsers keep what they have. Modules name each other by their
plain names; that is replaced by the address here, since a browser resolves it without a server.
"""

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Annotated

from rates_api.http.parameters import Parameter, Query
from rates_api.http.problems import Refused

MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
HASH_LENGTH = 16
IMPORTED = re.compile(r'(?<=from "\./)([\w-]+\.js)(?=")')


@dataclasses.dataclass(frozen=True)
class Asset:
    """A file as it is served: its name holds the hash of its bytes."""

    name: str
    media_type: str
    body: bytes


@cache
def _asset(name: str) -> Asset:
    """Return the file `name`; the modules that it imports are named by their hashes: no ring."""
    body = (resources.files(__package__) / "assets" / name).read_bytes()
    stem, _, ending = name.rpartition(".")
    if ending == "js":
        text = IMPORTED.sub(lambda found: _asset(found[1]).name, body.decode())
        body = text.encode()
    digest = hashlib.sha256(body).hexdigest()[:HASH_LENGTH]
    return Asset(f"{stem}.{digest}.{ending}", MEDIA_TYPES[ending], body)


@cache
def all_assets() -> Mapping[str, Asset]:
    """Return every asset by the name under which it is served."""
    folder = resources.files(__package__) / "assets"
    found = [_asset(file.name) for file in folder.iterdir() if file.is_file()]
    return {asset.name: asset for asset in found}


def path_of(name: str) -> str:
    """Return the address of the file `name` of this release."""
    return f"/assets/{_asset(name).name}"


def _read_name(text: str) -> str:
    if text not in all_assets():
        raise Refused("not-found", "No file of this release has this name.")
    return text


NAME = Parameter(
    "name",
    "A file's name, with its hash.",
    "a name that a page links to",
    _read_name,
    {"type": "string"},
)


@dataclasses.dataclass(frozen=True)
class AssetQuery(Query):
    """Which file is asked for."""

    name: Annotated[str, NAME]
    ignores_unknown = True
