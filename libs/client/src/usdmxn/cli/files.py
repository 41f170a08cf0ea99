"""Files that a command reads and writes; what fails is said in a sentence."""

import os
import sys
import tempfile
from pathlib import Path

from usdmxn.cli.arguments import WrongUsage
from usdmxn.cli.language import Text

NOT_FOUND = Text("no existe el archivo {file}", "there is no file {file}")
FORBIDDEN = Text("no hay permiso para usar {file}", "{file} may not be used: permission denied")
A_FOLDER = Text("{file} es una carpeta, no un archivo", "{file} is a folder, not a file")
UNUSABLE = Text("no se puede usar {file} ({reason})", "{file} can't be used ({reason})")

STDIN = "-"


def read_file(name: str) -> bytes:
    """Return a file's content; `-` is stdin. Raises `WrongUsage`."""
    if name == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise _refused(name, error) from error


def write_file(name: str | None, content: bytes) -> None:
    """Write a file whole or not at all; without a name to stdout. Raises `WrongUsage`."""
    if name is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        _replace(Path(name).resolve(), content)
    except OSError as error:
        raise _refused(name, error) from error


def _replace(path: Path, content: bytes) -> None:
    """Write beside the file first, so that nobody finds half of it; a device is written to."""
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(beside).chmod(path.stat().st_mode if path.exists() else 0o666 & ~_umask())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _umask() -> int:
    """Return the process's mask of permissions, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _refused(name: str, error: OSError) -> WrongUsage:
    match error:
        case FileNotFoundError():
            return WrongUsage(NOT_FOUND, file=name)
        case PermissionError():
            return WrongUsage(FORBIDDEN, file=name)
        case IsADirectoryError():
            return WrongUsage(A_FOLDER, file=name)
    return WrongUsage(UNUSABLE, file=name, reason=error.strerror)
