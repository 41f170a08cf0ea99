"""`GET /favicon.ico`: the icon of a browser's tab, a dollar sign, encoded from its picture here.

An ICO file of one bitmap with two colours, whose corners are transparent: some 200 bytes, without a
compression that other versions of zlib might do otherwise.
"""

import dataclasses
import struct

from rates_api.http.parameters import Query

PICTURE = (
    "..############..",
    ".##############.",
    "#######oo#######",
    "#######oo#######",
    "#####oooooo#####",
    "####ooo##ooo####",
    "####oo##########",
    "####ooooooo#####",
    "#####ooooooo####",
    "##########oo####",
    "####ooo##ooo####",
    "#####oooooo#####",
    "#######oo#######",
    "#######oo#######",
    ".##############.",
    "..############..",
)
"""`#` is the ground, `o` the sign, `.` transparent."""
GROUND, SIGN = (0x00, 0x68, 0x47), (0xFF, 0xFF, 0xFF)
"""Red, green, blue."""
SIDE = len(PICTURE)
ROW_BYTES = 4
"""A row of a bitmap with one bit a pixel is filled up to 32 bits."""


@dataclasses.dataclass(frozen=True)
class FaviconQuery(Query):
    """It takes no parameters."""


def icon() -> bytes:
    """Return the icon: the directory of the file, then its one image."""
    image = _image()
    directory = struct.pack("<HHH", 0, 1, 1)
    entry = struct.pack("<BBBBHHII", SIDE, SIDE, 2, 0, 1, 1, len(image), 6 + 16)
    return directory + entry + image


def _image() -> bytes:
    """Return header, palette, colours and transparency; the height counts both of these."""
    header = struct.pack("<IiiHHIIiiII", 40, SIDE, 2 * SIDE, 1, 1, 0, 0, 0, 0, 2, 0)
    palette = b"".join(bytes((blue, green, red, 0)) for red, green, blue in (GROUND, SIGN))
    return header + palette + _bits("o") + _bits(".")


def _bits(mark: str) -> bytes:
    """Return a bit for each pixel, set where the picture has `mark`; rows go from the bottom up."""
    rows = (int("".join(str(int(pixel == mark)) for pixel in row), 2) for row in PICTURE[::-1])
    return b"".join((row << 8 * ROW_BYTES - SIDE).to_bytes(ROW_BYTES, "big") for row in rows)
